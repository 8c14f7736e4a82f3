// YUV4MPEG2: what programs pass videos to one another in through pipes. A line "YUV4MPEG2 W640 H480 F25:1
// ..", then for each frame a line "FRAME" and its planes. Of 8 bits, in 420jpeg, 420mpeg2, 420paldv, 420,
// 422, 444 or mono. Knows no sound and no time stamps.
#pragma once

#include "io/descriptor.h"
#include "io/video/stream.h"

namespace bauta {

// Reads hostile input: nothing is allocated beyond a frame of kMostFramePixels, no line is longer than
// kLongestY4mLine. Times count frames.
class Y4mReader final : public VideoSource {
 public:
  // Reads the header. Does not own the descriptors. stop: of DescriptorReader. Throws FileError.
  Y4mReader(int descriptor, const std::filesystem::path& path, int stop = -1);

  bool read(VideoFrame& frame) override;

 private:
  std::string line();
  void take_header(const std::string& header);
  void take_chroma(const std::string& name);
  [[noreturn]] void fail(const std::string& what) const;

  DescriptorReader from_;
  std::int64_t frames_ = 0;
};

inline constexpr std::size_t kLongestY4mLine = 1024;

class Y4mWriter final : public VideoSink {
 public:
  // Writes the header at once, of tags only size, rate, aspect, interlacing, chroma and range. Does not own
  // the descriptor. Throws FileError; also for a layout that y4m has not.
  Y4mWriter(int descriptor, std::filesystem::path path, const VideoFormat& format);

  void write(const VideoFrame& frame) override;
  void finish() override {}

 private:
  int descriptor_;
  std::filesystem::path path_;
  std::size_t frame_bytes_;
};

}  // namespace bauta
