// Which faces a video's frames show: by a detector, or by a table.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "apps/face_finder.h"
#include "cyclegan/video/frame_boxes.h"
#include "io/video/stream.h"

namespace bauta {

class FrameFaces {
 public:
  // margin: sides of what is covered over sides of what a detector found.
  FrameFaces(const FaceOptions& faces, const CommonOptions& common, double margin);

  const std::string& source() const { return source_; }
  // How many boxes a table has for frames from that one on.
  std::size_t listed_from(std::int64_t frame) const { return table_ ? table_->from(frame) : 0; }
  // For several threads.
  struct Seen {
    Box box;
    float score;
  };
  std::vector<Seen> find(std::int64_t number, const VideoFrame& frame, const ColourModel& model) const;

 private:
  std::string source_;
  int smallest_, least_;  // looked for; and what counts of what is seen all the same
  double margin_;
  float unsure_;  // the score of what is smaller
  std::optional<FaceSearch> search_;
  std::optional<FrameBoxes> table_;
};

}  // namespace bauta
