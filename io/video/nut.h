// NUT, ffmpeg's own container (https://ffmpeg.org/~michael/nut.txt), as far as one stream of raw pictures
// needs it: unlike y4m it has exact time stamps, RGB, and any time base. What goes through pipes between us
// and ffmpeg, and nowhere else.
#pragma once

#include <array>
#include <vector>

#include "io/descriptor.h"
#include "io/video/stream.h"

namespace bauta {

class NutReader {
 public:
  // Reads up to the first frame's header. Does not own the descriptors. `layout`: what the sender was told to
  // send. stop: of DescriptorReader. Throws FileError for what is no such stream, and for frames larger than
  // kMostFramePixels.
  NutReader(int descriptor, const std::filesystem::path& path, PixelLayout layout, int stop = -1);

  // Frames' size, time base and pixel aspect.
  const VideoFormat& format() const { return format_; }
  // false at the end.
  bool read(VideoFrame& frame);

 private:
  struct Code {  // what a frame's first byte stands for
    std::uint64_t flags = 0, multiple = 1, size = 0, stream = 0, header = 0, reserved = 0;
    std::int64_t pts_delta = 0;
  };

  [[noreturn]] void fail(const std::string& what) const;
  std::uint8_t byte();
  std::uint64_t number();
  std::int64_t signed_number();
  void skip(std::uint64_t bytes);
  bool packet(std::uint8_t first);
  void main_header();
  void codes();
  void stream_header();
  void syncpoint();
  void read_packets();

  DescriptorReader from_;
  VideoFormat format_;
  std::size_t frame_bytes_ = 0;
  std::vector<Ratio> time_bases_;
  std::array<Code, 256> codes_{};
  std::vector<std::vector<std::uint8_t>> headers_;  // bytes left out at frames' beginnings
  std::uint64_t time_base_ = 0, pts_bits_ = 0;
  std::int64_t last_pts_ = 0;
  bool has_stream_ = false;
  int next_code_ = -1;  // a frame's first byte, read already
};

class NutWriter {
 public:
  // Writes the headers at once. Throws FileError.
  NutWriter(int descriptor, std::filesystem::path path, const VideoFormat& format);

  // Times must not fall, nor be negative.
  void write(const VideoFrame& frame);

 private:
  int descriptor_;
  std::filesystem::path path_;
  std::size_t frame_bytes_;
};

}  // namespace bauta
