#include "cyclegan/attacks/hidden_channel.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <stdexcept>

#include "cyclegan/attacks/own_photographs.h"

namespace bauta {

double residual_entropy(const FacePicture& published) {
  const Image& image = *published.picture;
  const MosaicBox& face = published.face;
  const Box box = intersection({face.x, face.y, face.width, face.height}, {0, 0, image.width, image.height});
  if (box.area() == 0) throw std::invalid_argument("residual_entropy: no part of the face is in the picture");
  const Image blocks = only_blocks(published);
  constexpr int kLargest = 255;
  double bits = 0;
  for (int c = 0; c < 3; ++c) {
    std::array<std::int64_t, 2 * kLargest + 1> counts{};
    for (int y = box.y; y < box.y + box.height; ++y)
      for (int x = box.x; x < box.x + box.width; ++x)
        ++counts[static_cast<std::size_t>(image.at(x, y)[c] - blocks.at(x, y)[c] + kLargest)];
    for (const std::int64_t count : counts) {
      if (count == 0) continue;
      const double share = static_cast<double>(count) / static_cast<double>(box.area());
      bits -= share * std::log2(share);
    }
  }
  return bits;
}

double regressor_bits(double blocks_error, double everything_error) {
  constexpr double kRounding = 1.0 / 12;
  return 1.5 * std::log2(std::max(blocks_error, kRounding) / std::max(everything_error, kRounding));
}

}  // namespace bauta
