// One picture of a video as it is decoded: planes of 8 bits, chroma as coarse as the video has it, so that
// what is not covered stays as it was, sample by sample.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "io/box.h"
#include "io/image.h"

namespace bauta {

enum class PixelLayout { Grey, Yuv420, Yuv422, Yuv444, Rgb };

// Frames of more pixels are refused (8K has 33 million), so that the window of frames in memory has a bound.
inline constexpr std::int64_t kMostFramePixels = std::int64_t{1} << 26;

// A numerator over a denominator, as containers have times and rates; 0/0: unknown.
struct Ratio {
  std::int64_t numerator = 0, denominator = 0;
  bool known() const { return numerator > 0 && denominator > 0; }
  double value() const {
    return known() ? static_cast<double>(numerator) / static_cast<double>(denominator) : 0;
  }
  bool operator==(const Ratio&) const = default;
};

// A plane's place in a frame's bytes: rows of `width` pixels of `channels` bytes each. One of its pixels
// covers 1 << shift_x times 1 << shift_y of the frame's.
struct Plane {
  std::size_t offset = 0;
  int width = 0, height = 0, channels = 1, shift_x = 0, shift_y = 0;
};
struct Planes {
  std::array<Plane, 3> plane;
  int count = 0;
  std::size_t bytes = 0;  // of a whole frame
  std::span<const Plane> all() const { return std::span(plane).first(static_cast<std::size_t>(count)); }
};
// Chroma sides are rounded up. Throws std::invalid_argument unless both sides are positive and the frame has
// at most kMostFramePixels.
Planes planes_of(PixelLayout layout, int width, int height);

struct VideoFrame {
  PixelLayout layout = PixelLayout::Yuv420;
  int width = 0, height = 0;
  std::int64_t time = 0;            // in the video's time base
  std::vector<std::uint8_t> bytes;  // as planes_of lays them out
};

// How luma and chroma make colours (ITU-R BT.601, BT.709, BT.2020) and which levels are black and white.
enum class ColourMatrix { Bt601, Bt709, Bt2020 };
struct ColourModel {
  ColourMatrix matrix = ColourMatrix::Bt601;
  bool full_range = false;  // 0 to 255, else luma 16 to 235 and chroma 16 to 240
};

// The frame's colours, chroma repeated where it is coarser.
Image to_rgb(const VideoFrame& frame, const ColourModel& model);
// The same scaled down to width x height, none of which may be larger than the frame's; each pixel the mean
// of those it covers, whole ones.
Image to_small_rgb(const VideoFrame& frame, const ColourModel& model, int width, int height);

// The part of a frame in a box of whole chroma samples (coverable() in cyclegan/video/face_cover.h) that lies
// in it; its time is the frame's. Throws std::invalid_argument for another box.
VideoFrame part_of(const VideoFrame& frame, const Box& box);

// A frame of the layout Rgb.
VideoFrame to_frame(Image image, std::int64_t time);
// The picture in a frame of that layout. Throws std::invalid_argument for others.
Image to_image(VideoFrame frame);

}  // namespace bauta
