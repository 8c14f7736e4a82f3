#include "cyclegan/training/structural_similarity.h"

#include <array>
#include <cmath>
#include <vector>

#include "kernels/check.h"

namespace bauta {

namespace {

constexpr int kChannels = 3;
constexpr double kSigma = 1.5;
constexpr float kBlack = -1, kRange = 2;
constexpr float kC1 = (0.01f * kRange) * (0.01f * kRange), kC2 = (0.03f * kRange) * (0.03f * kRange);

// A line of the window, rows x columns of which one is 1, as a depthwise convolution's filters.
Tensor window_line(Engine& engine, int rows, int columns) {
  std::array<double, kSimilarityWindow> taps{};
  double total = 0;
  for (int i = 0; i < kSimilarityWindow; ++i) {
    const double distance = i - kSimilarityWindow / 2;
    total += taps[static_cast<std::size_t>(i)] = std::exp(-distance * distance / (2 * kSigma * kSigma));
  }
  const Shape shape{1, rows, columns, kChannels};
  std::vector<float> weights(shape.count());
  for (std::size_t i = 0; i < weights.size(); ++i)
    weights[i] = static_cast<float>(taps[i / kChannels] / total);
  return Tensor::from(engine, shape, weights);
}

Tensor square(const Tensor& x) { return x * x; }

// p / q, q above 0
Tensor ratio(const Tensor& p, const Tensor& q) { return p * square(rsqrt(q)); }

}  // namespace

StructuralSimilarity::StructuralSimilarity(Engine& engine)
    : down_(window_line(engine, kSimilarityWindow, 1)), across_(window_line(engine, 1, kSimilarityWindow)) {}

Tensor StructuralSimilarity::operator()(const Tensor& a, const Tensor& b) const {
  const Shape& shape = a.shape();
  BAUTA_CHECK(shape == b.shape(), "a is ", shape, ", b is ", b.shape());
  BAUTA_CHECK(shape.c == kChannels && shape.h >= kSimilarityWindow && shape.w >= kSimilarityWindow,
              "structural similarity is of pictures of 3 channels and at least 11 x 11 pixels, not of ",
              shape);
  const Tensor mean_a = blur(a), mean_b = blur(b);
  const Tensor covariance = blur(a * b) - mean_a * mean_b;
  // Both variances come only as a sum: one blur less.
  const Tensor variances = blur(square(a) + square(b)) - (square(mean_a) + square(mean_b));
  const Tensor light_a = affine(mean_a, 1, -kBlack), light_b = affine(mean_b, 1, -kBlack);
  const Tensor luminance =
      ratio(affine(light_a * light_b, 2, kC1), affine(square(light_a) + square(light_b), 1, kC1));
  const Tensor structure = ratio(affine(covariance, 2, kC2), affine(variances, 1, kC2));
  return mean(luminance * structure);
}

Tensor StructuralSimilarity::blur(const Tensor& x) const {
  return depthwise_conv2d(depthwise_conv2d(x, down_, {}), across_, {});
}

}  // namespace bauta
