#include <algorithm>
#include <numeric>
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

// In the smallest whole numbers: from 4,000 pixels to 3,200 the total is 5.
Taps make_taps(int source, int target) {
  Taps taps = target <= source ? area_taps(source, target) : bilinear_taps(source, target);
  std::uint64_t common = taps.total;
  for (const std::uint32_t weight : taps.weights) common = std::gcd(common, std::uint64_t{weight});
  taps.total /= common;
  for (std::uint32_t& weight : taps.weights) weight = static_cast<std::uint32_t>(weight / common);
  return taps;
}

// Sums that fit any picture: 255 times both totals is at most 255 * (2 * kMaxPixels)^2 < 2^64 / 1.8.
struct LargeSums {
  using Sum = std::uint64_t;
  explicit LargeSums(std::uint64_t total) : total_(total) {}
  std::uint8_t quotient(Sum sum) const { return static_cast<std::uint8_t>(sum / total_); }

 private:
  std::uint64_t total_;
};

// Those of small totals, half as wide, and divided by a product: what its reciprocal is too large by, times a
// sum, stays below one unit of the quotient, as a sum times the total stays below 2^kShift.
struct SmallSums {
  using Sum = std::uint32_t;
  static constexpr std::uint64_t kLargestTotal = 1 << 16;
  explicit SmallSums(std::uint64_t total) : reciprocal_((std::uint64_t{1} << kShift) / total + 1) {}
  std::uint8_t quotient(Sum sum) const {
    return static_cast<std::uint8_t>((std::uint64_t{sum} * reciprocal_) >> kShift);
  }

 private:
  static constexpr int kShift = 40;
  std::uint64_t reciprocal_;
};

// sums[i] = the weighted sum of result row `row` down the columns.
template <class Sum>
void sum_rows(const Image& image, const Taps& taps, std::size_t row, std::vector<Sum>& sums) {
  std::fill(sums.begin(), sums.end(), 0);
  const std::uint8_t* source = image.at(0, taps.first[row]);
  for (std::size_t w = taps.first_weight[row]; w < taps.first_weight[row + 1]; ++w) {
    const Sum weight = taps.weights[w];
    for (std::size_t i = 0; i < sums.size(); ++i) sums[i] += weight * source[i];
    source += sums.size();
  }
}

template <class Sums>
void resample(Image& result, const Image& image, const Taps& across, const Taps& down) {
  using Sum = typename Sums::Sum;
  const std::uint64_t total = across.total * down.total;
  const Sums division(total);
  const auto half = static_cast<Sum>(total / 2);
#pragma omp parallel if (image.pixels.size() + result.pixels.size() > (1u << 20))
  {
    std::vector<Sum> sums(3 * static_cast<std::size_t>(image.width));
#pragma omp for schedule(static)
    for (int y = 0; y < result.height; ++y) {
      sum_rows(image, down, static_cast<std::size_t>(y), sums);
      std::uint8_t* to = result.at(0, y);
      for (std::size_t x = 0; x < static_cast<std::size_t>(result.width); ++x) {
        const Sum* from = sums.data() + 3 * static_cast<std::size_t>(across.first[x]);
        Sum sum[3] = {half, half, half};
        for (std::size_t w = across.first_weight[x]; w < across.first_weight[x + 1]; ++w, from += 3) {
          for (int c = 0; c < 3; ++c) sum[c] += across.weights[w] * from[c];
        }
        for (int c = 0; c < 3; ++c) *to++ = division.quotient(sum[c]);
      }
    }
  }
}

}  // namespace

Image resize(const Image& image, int width, int height) {
  Image result = blank_image(width, height);
  if (image.pixels.empty()) throw std::invalid_argument("resize: the picture is empty");
  const Taps across = make_taps(image.width, width);
  const Taps down = make_taps(image.height, height);
  if (across.total * down.total <= SmallSums::kLargestTotal)
    resample<SmallSums>(result, image, across, down);
  else
    resample<LargeSums>(result, image, across, down);
  return result;
}

}  // namespace bauta
