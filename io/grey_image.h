#pragma once

#include <cstdint>
#include <vector>

namespace bauta {

// One 8-bit channel, rows from the top, no padding: what a cascade looks at.
struct GreyImage {
  int width = 0;
  int height = 0;
  std::vector<std::uint8_t> pixels;

  const std::uint8_t* row(int y) const {
    return pixels.data() + static_cast<std::size_t>(y) * static_cast<std::size_t>(width);
  }
};

// Resamples `source` (source_width x source_height bytes) to into.width x into.height, bilinear with
// half-pixel centres, without smoothing. Weights are rounded to 1/256 and the result once, half up: bit for
// bit what OpenCV's INTER_LINEAR_EXACT gives, on which cascades are run. Sizes must be positive.
void resize_linear_exact(const std::uint8_t* source, int source_width, int source_height, GreyImage& into);

}  // namespace bauta
