#include "io/grey_image.h"

#include <algorithm>
#include <cmath>

namespace bauta {
namespace {

constexpr int kOne = 256;  // weights have 8 fractional bits

// A result is ((kOne - weight) * source[first] + weight * source[second]) / kOne.
struct Tap {
  int first;
  int second;
  std::uint32_t weight;
};

std::vector<Tap> make_taps(int source, int target) {
  std::vector<Tap> taps(static_cast<std::size_t>(target));
  // The reciprocal of a quotient, not source / target: the last bit decides some roundings.
  const double scale = 1.0 / (static_cast<double>(target) / source);
  for (int i = 0; i < target; ++i) {
    const double position = scale * (i + 0.5) - 0.5;
    const int below = static_cast<int>(std::floor(position));
    Tap& tap = taps[static_cast<std::size_t>(i)];
    if (below < 0 || below >= source - 1) {
      tap.first = tap.second = below < 0 ? 0 : source - 1;
      tap.weight = 0;
    } else {
      tap = {below, below + 1, static_cast<std::uint32_t>(std::lrint((position - below) * kOne))};
    }
  }
  return taps;
}

}  // namespace

void resize_linear_exact(const std::uint8_t* source, int source_width, int source_height, GreyImage& into) {
  into.pixels.resize(static_cast<std::size_t>(into.width) * static_cast<std::size_t>(into.height));
  const std::vector<Tap> across = make_taps(source_width, into.width);
  const std::vector<Tap> down = make_taps(source_height, into.height);
#pragma omp parallel for schedule(static) if (into.pixels.size() > (1u << 16))
  for (int y = 0; y < into.height; ++y) {
    const Tap vertical = down[static_cast<std::size_t>(y)];
    const std::uint8_t* upper = source + static_cast<std::ptrdiff_t>(vertical.first) * source_width;
    const std::uint8_t* lower = source + static_cast<std::ptrdiff_t>(vertical.second) * source_width;
    std::uint8_t* to = into.pixels.data() + static_cast<std::ptrdiff_t>(y) * into.width;
    for (const Tap& tap : across) {
      const std::uint32_t above = (kOne - tap.weight) * upper[tap.first] + tap.weight * upper[tap.second];
      const std::uint32_t below = (kOne - tap.weight) * lower[tap.first] + tap.weight * lower[tap.second];
      const std::uint32_t value = (kOne - vertical.weight) * above + vertical.weight * below;
      *to++ = static_cast<std::uint8_t>((value + (1u << 15)) >> 16);
    }
  }
}

}  // namespace bauta
