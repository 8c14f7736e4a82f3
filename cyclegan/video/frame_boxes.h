// Boxes of one's own for the frames of a video: --boxes FILE.tsv.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <vector>

#include "io/box.h"

namespace bauta {

// A table (io/photo_table.h) with the columns frame, bx, by, bw and bh: frames counted from 0, boxes in
// pixels of the frame as it is shown, decimals are rounded; box_of in anonymizer/box_table.h says what a
// line may have.
class FrameBoxes {
 public:
  // Throws FileError, naming the line.
  explicit FrameBoxes(const std::filesystem::path& path);

  std::vector<Box> of(std::int64_t frame) const;
  bool empty() const { return boxes_.empty(); }
  // How many boxes are of frames from that one on.
  std::size_t from(std::int64_t frame) const;

 private:
  std::map<std::int64_t, std::vector<Box>> boxes_;
};

}  // namespace bauta
