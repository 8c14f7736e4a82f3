// Videos as frames one after another, wherever they come from and go to.
#pragma once

#include <optional>
#include <string>

#include "io/video/frame.h"

namespace bauta {

// What a container says of its colours, in ffmpeg's words ("bt709"); empty: nothing.
struct ColourTags {
  std::string range, space, primaries, transfer;
  bool operator==(const ColourTags&) const = default;
};
// How they are to be read; where the tags say nothing, as players guess: BT.709 from 720 rows on, else
// BT.601.
ColourModel model_of(const ColourTags& tags, int height);

struct VideoFormat {
  PixelLayout layout = PixelLayout::Yuv420;
  int width = 0, height = 0;
  Ratio time_base{1, 25};  // what a frame's time counts, seconds
  Ratio rate;              // frames a second, on average
  Ratio pixel_aspect;      // width over height of a pixel
  ColourTags colours;
  char interlacing = 'p';  // y4m's letter: p, t, b or ?
  std::string chroma;      // y4m's name, where chroma lies: "420jpeg"; empty: the layout's usual one
};

class VideoSource {
 public:
  virtual ~VideoSource() = default;
  VideoSource(const VideoSource&) = delete;
  VideoSource& operator=(const VideoSource&) = delete;

  const VideoFormat& format() const { return format_; }
  // About how many frames there are, if that is known.
  std::optional<std::int64_t> expected() const { return expected_; }

  // The next frame; false at the end. Throws FileError.
  virtual bool read(VideoFrame& frame) = 0;
  // After the end: what could not be read though the video was; empty: nothing.
  virtual std::string damage() { return {}; }

 protected:
  VideoSource() = default;
  VideoFormat format_;
  std::optional<std::int64_t> expected_;
};

class VideoSink {
 public:
  virtual ~VideoSink() = default;
  VideoSink() = default;
  VideoSink(const VideoSink&) = delete;
  VideoSink& operator=(const VideoSink&) = delete;

  // Frames of the format that the sink was made for, their times rising. Throws FileError.
  virtual void write(const VideoFrame& frame) = 0;
  // After the last frame: the video is complete, and only now under its name. Throws FileError.
  virtual void finish() = 0;
};

}  // namespace bauta
