// What a keyed video says of itself, so that its regions need not be searched for: JSON, a line at a time.
//
//   {"bauta": "video", "version": 2, "mode": "keyed", "picture": {"width": 1280, "height": 720},
//    "opens": "..", "own_key": true}          who opens it: VideoLock, its ways in hexadecimal digits
//   ["0123456789abcdef", [x, y, width, height, block, k], ..]      frame 0, then each: its mark, its regions
//   {"frames": 1234}
//
// Marks (video_key.h) tell which line is whose frame, so that it is known of a part of the video, too.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "cyclegan/keyed/keyed_anonymizer.h"
#include "cyclegan/video/video_key.h"
#include "io/descriptor.h"

namespace bauta {

std::string first_line(ImageSize picture, const VideoLock& lock);
std::string frame_line(FrameMark mark, const std::vector<KeyedRegion>& regions);
std::string last_line(std::int64_t frames);

// Reads hostile input: no line is longer than a frame of kMostRegions needs, every region lies in the
// picture. In memory are 20 bytes a line.
class RegionLines {
 public:
  // Of a whole file, from its beginning; does not own the descriptor. `path` is for messages. Throws
  // FileError for what is no such record, as a whole.
  RegionLines(int descriptor, const std::filesystem::path& path);

  ImageSize picture() const { return picture_; }
  const VideoLock& lock() const { return lock_; }
  std::int64_t frames() const { return static_cast<std::int64_t>(marks_.size()); }
  std::int64_t frames_with_regions() const { return frames_with_regions_; }
  std::int64_t regions() const { return regions_; }
  // The k of all regions, without repetition.
  const std::vector<int>& residuals() const { return residuals_; }

  // The frame with this mark: the first from `from` on, or else the first of all.
  std::optional<std::int64_t> find(FrameMark mark, std::int64_t from) const;
  // Throws FileError if the file is not what it was.
  std::vector<KeyedRegion> regions_of(std::int64_t frame) const;

 private:
  struct Line {
    FrameMark mark = 0;
    std::vector<KeyedRegion> regions;
  };
  void take_first(const std::string& text);
  Line parse(const std::string& text, std::int64_t frame) const;
  [[noreturn]] void fail(const std::string& what) const;

  int descriptor_;
  std::filesystem::path path_;
  ImageSize picture_;
  VideoLock lock_;
  std::vector<FrameMark> marks_;        // by frame
  std::vector<std::uint64_t> begins_;   // of each frame's line in the file, and of the last line
  std::vector<std::uint32_t> by_mark_;  // frames, by mark and then by number
  std::int64_t frames_with_regions_ = 0, regions_ = 0;
  std::vector<int> residuals_;
};

}  // namespace bauta
