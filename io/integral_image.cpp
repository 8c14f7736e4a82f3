#include "io/integral_image.h"

namespace bauta {
namespace {

// Each row of the tilted table follows from the two above it. Beyond the picture's sides a cone holds what
// the cone one step up and inwards holds, which gives the first and the last column.
void compute_tilted(const GreyImage& image, std::size_t stride, std::vector<std::uint32_t>& tilted) {
  const auto width = static_cast<std::size_t>(image.width);
  tilted.assign(stride * (static_cast<std::size_t>(image.height) + 1), 0);
  for (int y = 1; y <= image.height; ++y) {
    std::uint32_t* row = tilted.data() + static_cast<std::size_t>(y) * stride;
    const std::uint32_t* up = row - stride;
    const std::uint8_t* pixels = image.row(y - 1);
    if (y == 1) {
      for (std::size_t x = 1; x <= width; ++x) row[x] = pixels[x - 1];
      continue;
    }
    const std::uint32_t* up2 = up - stride;
    const std::uint8_t* pixels_above = image.row(y - 2);
    row[0] = up[1];
    for (std::size_t x = 1; x < width; ++x) {
      row[x] = up[x - 1] + up[x + 1] - up2[x] + pixels[x - 1] + pixels_above[x - 1];
    }
    row[width] = up[width - 1] + pixels[width - 1] + pixels_above[width - 1];
  }
}

}  // namespace

void IntegralImage::compute(const GreyImage& image, bool with_tilted) {
  const auto width = static_cast<std::size_t>(image.width);
  const std::size_t entries = stride * (static_cast<std::size_t>(image.height) + 1);
  sums.assign(entries, 0);
  squares.assign(entries, 0);
  for (int y = 0; y < image.height; ++y) {
    const std::uint8_t* pixels = image.row(y);
    const std::size_t above = static_cast<std::size_t>(y) * stride + 1;
    std::uint32_t sum = 0;
    std::uint32_t square = 0;
    for (std::size_t x = 0; x < width; ++x) {
      const std::uint32_t pixel = pixels[x];
      sum += pixel;
      square += pixel * pixel;
      sums[above + stride + x] = sums[above + x] + sum;
      squares[above + stride + x] = squares[above + x] + square;
    }
  }
  if (with_tilted) compute_tilted(image, stride, tilted);
}

}  // namespace bauta
