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

// To so many quarters of the size, and back.
Damage scaling(int quarters) {
  return {quarters == 2 ? "half size and back"
                        : std::to_string(quarters).append(" quarters of the size and back"),
          "scaling, part of the size", quarters / 4.0, [quarters](const Image& picture, std::uint64_t) {
            const auto scaled = [quarters](int side) { return std::max(1, side * quarters / 4); };
            return resize(resize(picture, scaled(picture.width), scaled(picture.height)), picture.width,
                          picture.height);
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
  static const std::vector<Damage> all{jpeg(95),   jpeg(85), jpeg(75), scaling(3),
                                       scaling(2), noise(1), noise(2), noise(4)};
  return all;
}

}  // namespace bauta
