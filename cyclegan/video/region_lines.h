// What a keyed video says of itself, so that its regions need not be searched for: JSON, a line at a time.
//
//   {"bauta": "video", "version": 1, "mode": "keyed", "picture": {"width": 1280, "height": 720}}
//   [[x, y, width, height, block, k], ..]      the regions of frame 0, then of each frame:
//   keyed/keyed_anonymizer.h
//   {"frames": 1234}
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "cyclegan/keyed/keyed_anonymizer.h"
#include "io/descriptor.h"

namespace bauta {

std::string first_line(ImageSize picture);
std::string frame_line(const std::vector<KeyedRegion>& regions);
std::string last_line(std::int64_t frames);

// Reads hostile input: no line is longer than a frame of kMostRegions needs, every region lies in the
// picture.
class RegionLines {
 public:
  // Does not own the descriptor. `path` is for messages. Throws FileError, also if it is not of this picture.
  RegionLines(int descriptor, const std::filesystem::path& path, ImageSize picture);

  // The next frame's regions. Throws FileError if there is no such line: the record is cut off, or of another
  // video.
  std::vector<KeyedRegion> next();
  // Throws FileError unless as many frames were asked for as the record has.
  void finish();

 private:
  std::string line();
  [[noreturn]] void fail(const std::string& what) const;

  DescriptorReader from_;
  ImageSize picture_;
  std::int64_t frames_ = 0;
};

}  // namespace bauta
