#include "cyclegan/evaluation/damage.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "io/jpeg_codec.h"
#include "kernels/random.h"

namespace bauta {

namespace {

Damage jpeg(int quality) {
  return {
      "JPEG " + std::to_string(quality), "JPEG quality", static_cast<double>(quality),
      [quality](const Image& picture, std::uint64_t) { return decode_jpeg(encode_jpeg(picture, quality)); }};
}

Damage half_and_back() {
  return {"half size and back", "scaling", 0.5, [](const Image& picture, std::uint64_t) {
            return resize(resize(picture, std::max(1, picture.width / 2), std::max(1, picture.height / 2)),
                          picture.width, picture.height);
          }};
}

Damage noise(int levels) {
  return {"noise of " + std::to_string(levels), "noise, grey levels", static_cast<double>(levels),
          [levels](const Image& picture, std::uint64_t seed) {
            Image noisy = picture;
            const RandomStream random{seed, 0};
            for (std::size_t i = 0; i < noisy.pixels.size(); ++i) {
              // Box-Muller
              const double radius = std::sqrt(-2 * std::log(1 - random.uniform(2 * i)));
              const double value =
                  noisy.pixels[i] +
                  levels * radius * std::cos(2 * std::numbers::pi * random.uniform(2 * i + 1));
              noisy.pixels[i] = static_cast<std::uint8_t>(std::clamp(std::lround(value), 0l, 255l));
            }
            return noisy;
          }};
}

}  // namespace

const std::vector<Damage>& damages() {
  static const std::vector<Damage> all{jpeg(95), jpeg(85), jpeg(75), half_and_back(),
                                       noise(1), noise(2), noise(4)};
  return all;
}

}  // namespace bauta
