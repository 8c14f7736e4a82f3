#include <algorithm>
#include <stdexcept>

#include "io/image.h"

namespace bauta {
namespace {

// How one side is resampled: result i is the sum over t of weights[first_weight[i] + t] * source[first[i] +
// t], divided by `total`, the sum of the weights of any result.
struct Taps {
  std::vector<int> first;
  std::vector<std::size_t> first_weight;  // one more than results
  std::vector<std::uint32_t> weights;
  std::uint64_t total = 1;
};

// Both sides cut into pieces of 1 / (source * target): result i covers [i * source, (i + 1) * source), source
// pixel j covers [j * target, (j + 1) * target), and a weight is the number of pieces they share.
Taps area_taps(std::int64_t source, std::int64_t target) {
  Taps taps;
  taps.total = static_cast<std::uint64_t>(source);
  for (std::int64_t i = 0; i < target; ++i) {
    const std::int64_t begin = i * source;
    const std::int64_t end = begin + source;
    taps.first.push_back(static_cast<int>(begin / target));
    taps.first_weight.push_back(taps.weights.size());
    for (std::int64_t j = begin / target; j * target < end; ++j) {
      const std::int64_t shared = std::min(end, (j + 1) * target) - std::max(begin, j * target);
      taps.weights.push_back(static_cast<std::uint32_t>(shared));
    }
  }
  taps.first_weight.push_back(taps.weights.size());
  return taps;
}

// The centre of result i lies at (i + 1/2) * source / target - 1/2 source pixels, so its two weights are
// whole numbers of 1 / (2 * target).
Taps bilinear_taps(std::int64_t source, std::int64_t target) {
  Taps taps;
  const std::int64_t unit = 2 * target;
  taps.total = static_cast<std::uint64_t>(unit);
  for (std::int64_t i = 0; i < target; ++i) {
    const std::int64_t position =
        std::clamp<std::int64_t>((2 * i + 1) * source - target, 0, (source - 1) * unit);
    const std::int64_t below = std::min(position / unit, std::max<std::int64_t>(0, source - 2));
    const std::int64_t above_weight = position - below * unit;
    taps.first.push_back(static_cast<int>(below));
    taps.first_weight.push_back(taps.weights.size());
    taps.weights.push_back(static_cast<std::uint32_t>(unit - above_weight));
    if (source > 1) taps.weights.push_back(static_cast<std::uint32_t>(above_weight));
  }
  taps.first_weight.push_back(taps.weights.size());
  return taps;
}

Taps make_taps(int source, int target) {
  return target <= source ? area_taps(source, target) : bilinear_taps(source, target);
}

// sums[i] = the weighted sum of result row `row` down the columns. In 64 bits nothing overflows: 255 times
// both totals is at most 255 * (2 * kMaxPixels)^2 < 2^64 / 1.8.
void sum_rows(const Image& image, const Taps& taps, std::size_t row, std::vector<std::uint64_t>& sums) {
  std::fill(sums.begin(), sums.end(), 0);
  const std::uint8_t* source = image.at(0, taps.first[row]);
  for (std::size_t w = taps.first_weight[row]; w < taps.first_weight[row + 1]; ++w) {
    const std::uint64_t weight = taps.weights[w];
    for (std::size_t i = 0; i < sums.size(); ++i) sums[i] += weight * source[i];
    source += sums.size();
  }
}

}  // namespace

Image resize(const Image& image, int width, int height) {
  Image result = blank_image(width, height);
  if (image.pixels.empty()) throw std::invalid_argument("resize: the picture is empty");
  const Taps across = make_taps(image.width, width);
  const Taps down = make_taps(image.height, height);
  const std::uint64_t total = across.total * down.total;
#pragma omp parallel if (image.pixels.size() + result.pixels.size() > (1u << 20))
  {
    std::vector<std::uint64_t> sums(3 * static_cast<std::size_t>(image.width));
#pragma omp for schedule(static)
    for (int y = 0; y < height; ++y) {
      sum_rows(image, down, static_cast<std::size_t>(y), sums);
      std::uint8_t* to = result.at(0, y);
      for (std::size_t x = 0; x < static_cast<std::size_t>(width); ++x) {
        const std::uint64_t* from = sums.data() + 3 * static_cast<std::size_t>(across.first[x]);
        std::uint64_t sum[3] = {total / 2, total / 2, total / 2};
        for (std::size_t w = across.first_weight[x]; w < across.first_weight[x + 1]; ++w, from += 3) {
          for (int c = 0; c < 3; ++c) sum[c] += across.weights[w] * from[c];
        }
        for (int c = 0; c < 3; ++c) *to++ = static_cast<std::uint8_t>(sum[c] / total);
      }
    }
  }
  return result;
}

}  // namespace bauta
