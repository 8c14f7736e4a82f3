// A video's frames for tests.
#pragma once

#include <array>
#include <cstdint>

#include "io/video/frame.h"
#include "tests/io/test_image.h"

namespace bauta {

inline constexpr std::array kPixelLayouts{PixelLayout::Grey, PixelLayout::Yuv420, PixelLayout::Yuv422,
                                          PixelLayout::Yuv444, PixelLayout::Rgb};

// Of time 0.
inline VideoFrame test_frame(PixelLayout layout, int width, int height, std::uint32_t seed = 1) {
  VideoFrame frame{layout, width, height, 0, {}};
  const std::size_t bytes = planes_of(layout, width, height).bytes;
  frame.bytes = test_image(static_cast<int>(bytes), 1, seed).pixels;
  frame.bytes.resize(bytes);
  return frame;
}

}  // namespace bauta
