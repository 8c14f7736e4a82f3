// What bauta video does with every frame: faces found, followed and covered, or brought back.
#pragma once

#include <cstdint>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>

#include "apps/command.h"
#include "apps/face_finder.h"
#include "cyclegan/anonymizer/cover.h"
#include "cyclegan/video/frame_boxes.h"
#include "io/secret_key.h"
#include "io/video/stream.h"

namespace bauta {

struct CoverOptions {
  Cover cover = Cover::Blocks;
  int blocks = kUsualCoverBlocks;
  double hold = 0.5;   // seconds that a face is covered before and after it was found
  double refresh = 0;  // seconds after which a face's colours are taken anew; 0: never
  int every = 1;       // frames from one that is looked at to the next
  float score = 0.6f;
  double margin = 1.2;      // sides of what is covered over sides of what a detector found
  int smallest = 40;        // pixels
  bool only_boxes = false;  // draws what would be covered instead
};

// Which faces a frame shows: of a detector, or of a table.
class FrameFaces {
 public:
  FrameFaces(const FaceOptions& faces, const CommonOptions& common, const CoverOptions& options);

  const std::string& source() const { return source_; }
  // For several threads.
  struct Seen {
    Box box;
    float score;
  };
  std::vector<Seen> find(std::int64_t number, const VideoFrame& frame, const ColourModel& model) const;

 private:
  std::string source_;
  int smallest_;
  double margin_;
  float unsure_;  // the score of what is smaller
  std::optional<FaceSearch> search_;
  std::optional<FrameBoxes> table_;
};

struct VideoOutcome {
  std::int64_t frames = 0, frames_with_faces = 0, faces = 0;
  std::int64_t covers = 0, found = 0;  // of all frames together; and those found in their very frame
  std::int64_t not_exact = 0;          // keyed regions that come back nearly as they were
  double detecting = 0, covering = 0;  // seconds on processors
  double waiting_for_input = 0, waiting_for_output = 0;
};

// Reads all frames and writes them covered; the sink is not finished. key: null, one way; else each frame's
// regions are written to `record`, a line a frame. Throws what source and sink throw.
VideoOutcome cover_video(VideoSource& source, VideoSink& sink, const FrameFaces& finder,
                         const CoverOptions& options, const CommonOptions& common, const SecretKey* key,
                         int record);

// Brings the faces back. record: the lines that cover_video wrote; -1: there are none, regions are searched
// for. Throws CannotOpen for `path` where a face does not come back.
VideoOutcome restore_video(VideoSource& source, VideoSink& sink, const std::filesystem::path& path,
                           const CommonOptions& common, const SecretKey& key, int record);

}  // namespace bauta
