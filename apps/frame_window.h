// The frames of a video between their reading and their writing, and the colours of the faces in them.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <vector>

#include "cyclegan/video/checked_colours.h"
#include "cyclegan/video/face_tracks.h"
#include "io/video/stream.h"

namespace bauta {

// A frame with what is to be done to it.
struct CoveredFrame {
  std::int64_t number = 0;
  VideoFrame frame;
  std::vector<FacePlace> places;                               // in the picture at least in part
  std::vector<Box> boxes;                                      // of each
  std::vector<std::shared_ptr<const CheckedColours>> colours;  // of each
};

// A face's colours that are to be taken, of a frame in the window; what they become is shared by all frames
// in which the face is followed.
struct ColourTaking {
  int track = 0;
  std::int64_t frame = 0;
  Box face;
  std::shared_ptr<CheckedColours> colours;
};

class FrameWindow {
 public:
  // refresh: seconds after which a face's colours are taken anew; 0: never. delay: FaceTracks::delay().
  FrameWindow(const VideoFormat& format, double refresh, int delay);

  void add(VideoFrame frame) { frames_.push_back(std::move(frame)); }

  // What is to be done to the next frame that nothing has been planned for; its pixels stay here until
  // release(). To `takings` comes what must be taken before.
  CoveredFrame plan(const std::vector<FacePlace>& places, std::vector<ColourTaking>& takings);
  // A frame that has not been released.
  const VideoFrame& at(std::int64_t number) const;
  // The pixels of the first frame that has not been released.
  VideoFrame release();

 private:
  struct Held {
    std::shared_ptr<const CheckedColours> colours;
    std::int64_t taken = 0, used = 0;  // the frame's time, its number
  };
  std::shared_ptr<const CheckedColours> colours_of(const FacePlace& place,
                                                   std::vector<ColourTaking>& takings);

  std::int64_t delay_;
  double refresh_;  // in the video's time base
  std::deque<VideoFrame> frames_;
  std::int64_t first_ = 0;    // number of the first in frames_
  std::int64_t planned_ = 0;  // frames for which it is known what is to be done
  std::map<int, Held> held_;
};

}  // namespace bauta
