#include "cyclegan/baselines/likeness.h"

#include <array>

namespace bauta {
namespace {

constexpr int kChannels = 4;
using Mixture = std::array<float, 3 * kChannels>;  // of red, green and blue, a row a channel

constexpr float kThird = 1.0f / 3;
constexpr Mixture kGreyAlone{kThird, kThird, kThird, kThird, kThird, kThird,
                             kThird, kThird, kThird, kThird, kThird, kThird};
constexpr Mixture kColoursAndGrey{1, 0, 0, 0, 1, 0, 0, 0, 1, kThird, kThird, kThird};

Tensor mixed(const Tensor& picture, const Mixture& mixture) {
  return conv2d(picture, Tensor::from(picture.engine(), {kChannels, 1, 1, 3}, mixture), ConvGeometry{});
}

Tensor variance(const Tensor& x, PoolWindow window) {
  const Tensor average = avg_pool(x, window);
  return avg_pool(x * x, window) - average * average;
}

// flat: the variance that counts as none.
Tensor likeness_in_windows(const Tensor& a, const Tensor& b, float flat) {
  constexpr PoolWindow kWindow{4, 2, 0};
  const Tensor covariance = avg_pool(a * b, kWindow) - avg_pool(a, kWindow) * avg_pool(b, kWindow);
  const Tensor variances = affine(variance(a, kWindow), 1, flat) * affine(variance(b, kWindow), 1, flat);
  // Rounding may leave a variance a little below 0: flat is more than that.
  const Tensor correlation = covariance * rsqrt(variances);
  constexpr float kRest = 1e-3f;  // keeps the slope finite
  const Tensor apart = affine(correlation * correlation, -1, 1 + kRest);
  return affine(mean(apart * rsqrt(apart)), -1, 1);
}

}  // namespace

Tensor likeness(const Tensor& a, const Tensor& b) {
  constexpr float kFlat = 2.5e-4f;      // a deviation of 2 grey levels
  constexpr float kFlatDetail = 1e-5f;  // of a variance: that of 7 levels
  const Tensor grey = mixed(a, kGreyAlone), others = mixed(b, kColoursAndGrey);
  Tensor sum;
  for (const int side : {2, 4, 8}) {
    const PoolWindow average{side, side, 0};
    const Tensor term = likeness_in_windows(avg_pool(grey, average), avg_pool(others, average), kFlat);
    sum = sum ? sum + term : term;
  }
  constexpr PoolWindow kDetail{4, 4, 0};
  sum = sum + likeness_in_windows(variance(grey, kDetail), variance(others, kDetail), kFlatDetail);
  return 0.25f * sum;
}

}  // namespace bauta
