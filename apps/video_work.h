// What covering and restoring a video share.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "apps/command.h"
#include "apps/frame_flow.h"
#include "apps/in_order.h"
#include "apps/run_report.h"

namespace bauta {

struct VideoOutcome {
  std::int64_t frames = 0, frames_with_faces = 0, faces = 0;
  std::int64_t covers = 0, found = 0;  // of all frames together; and those found in their very frame
  std::int64_t outside = 0;            // boxes of a table that lie outside the picture
  std::int64_t not_exact = 0;          // keyed regions that come back nearly as they were
  // Faces that a recognizer could compare, of them those that got fewer blocks, and those it still
  // recognizes.
  std::int64_t compared = 0, fewer_blocks = 0, recognized = 0;
  double detecting = 0, checking = 0, covering = 0;  // seconds on processors
  double waiting_for_input = 0, waiting_for_output = 0;
  bool interrupted = false;
};

// Where frames go, and what is told of each that has faces: a frame_entry(); null: to nobody.
struct VideoOutput {
  VideoSink& sink;
  RunReport* report = nullptr;
};
// Where the frame is in the video, if it says.
std::optional<double> seconds_at(const VideoFrame& frame, const VideoFormat& format);

// Frames that are worked on at a time.
std::size_t frames_at_a_time(const CommonOptions& common);
// Works on many things at a time, each on one thread.
void for_each_of(std::size_t count, const CommonOptions& common, const OrderedWork& work);

// Calls `work`. false: it was interrupted (apps/interruption.h); whatever it threw is then of no interest,
// for who sends us frames and who takes them may have been interrupted with us. Else throws what it threw.
bool unless_interrupted(const std::function<void()>& work);
// The reader's next frames; none at the end. Throws Stopped when interrupted.
std::vector<VideoFrame> next_frames(FrameReader& reader, const CommonOptions& common);

// The calling thread's own time on a processor, seconds: what others do meanwhile does not count.
class ThreadClock {
 public:
  ThreadClock() : start_(now()) {}
  double seconds() const { return now() - start_; }

 private:
  static double now();
  double start_;
};

}  // namespace bauta
