#include "cyclegan/training/structural_similarity.h"

#include "kernels/check.h"
#include "tests/nn/gradient_check.h"

namespace bauta::test {

namespace {

constexpr int kChannels = 3;

// By the formula, on values from 0 to 2 and with the window as a whole, in double.
double plain_ssim(const Array& a, const Array& b) {
  constexpr int kWindow = 11;
  constexpr double kC1 = 0.0004, kC2 = 0.0036;  // (0.01 * 2)^2, (0.03 * 2)^2
  double weights[kWindow][kWindow], all = 0;
  for (int i = 0; i < kWindow; ++i)
    for (int j = 0; j < kWindow; ++j)
      all += weights[i][j] = std::exp(-((i - 5) * (i - 5) + (j - 5) * (j - 5)) / (2 * 1.5 * 1.5));
  double total = 0;
  int places = 0;
  for (int n = 0; n < a.shape.n; ++n)
    for (int y = 0; y + kWindow <= a.shape.h; ++y)
      for (int x = 0; x + kWindow <= a.shape.w; ++x)
        for (int c = 0; c < kChannels; ++c) {
          double ma = 0, mb = 0, aa = 0, bb = 0, ab = 0;
          for (int i = 0; i < kWindow; ++i)
            for (int j = 0; j < kWindow; ++j) {
              const double w = weights[i][j] / all, p = static_cast<double>(a.at(n, y + i, x + j, c)) + 1,
                           q = static_cast<double>(b.at(n, y + i, x + j, c)) + 1;
              ma += w * p, mb += w * q, aa += w * p * p, bb += w * q * q, ab += w * p * q;
            }
          total += (2 * ma * mb + kC1) * (2 * (ab - ma * mb) + kC2) /
                   ((ma * ma + mb * mb + kC1) * (aa - ma * ma + bb - mb * mb + kC2));
          ++places;
        }
  return total / places;
}

// Somewhat like a picture and a version of it: a slope and more or less noise.
Array picture(Shape shape, float noise, std::uint64_t seed) {
  Array array = random_array(shape, seed);
  for (int n = 0; n < shape.n; ++n)
    for (int h = 0; h < shape.h; ++h)
      for (int w = 0; w < shape.w; ++w)
        for (int c = 0; c < shape.c; ++c) {
          const float slope =
              static_cast<float>(h - w + 4 * c) / static_cast<float>(shape.h + shape.w + 12) - 0.3f;
          array.at(n, h, w, c) = slope + noise * array.at(n, h, w, c);
        }
  return array;
}

}  // namespace

TEST_CASE("structural similarity equals the plain formula") {
  Engine engine;
  const StructuralSimilarity ssim(engine);
  for (const Shape shape : {Shape{1, 11, 11, 3}, Shape{2, 17, 23, 3}, Shape{1, 40, 12, 3}})
    for (const float noise : {0.0f, 0.01f, 0.3f}) {
      CAPTURE(shape);
      CAPTURE(noise);
      const Array a = picture(shape, 0.05f, 1), b = picture(shape, noise, 2);
      const Tensor x = Tensor::from(engine, shape, a.values), y = Tensor::from(engine, shape, b.values);
      CHECK(static_cast<double>(ssim(x, y).item()) == doctest::Approx(plain_ssim(a, b)).epsilon(1e-4));
      CHECK(ssim(x, y).item() == doctest::Approx(ssim(y, x).item()));
      CHECK(ssim(x, x).item() == doctest::Approx(1));
    }
}

TEST_CASE("structural similarity: its gradients equal central differences") {
  Engine engine;
  const StructuralSimilarity ssim(engine);
  const Shape shape{1, 12, 13, 3};
  // The mean of a few places only: scaled, so that a pixel counts for something.
  check_first_derivatives(engine,
                          [&](const std::vector<Tensor>& in) { return scale(ssim(in[0], in[1]), 10); },
                          {picture(shape, 0.2f, 1), picture(shape, 0.3f, 2)}, 1e-3f, {2e-3, 1e-2});
}

TEST_CASE("structural similarity: what is no pair of pictures, or too small, is refused") {
  Engine engine;
  const StructuralSimilarity ssim(engine);
  const auto similarity = [&](Shape a, Shape b) {
    return ssim(Tensor::zeros(engine, a), Tensor::zeros(engine, b));
  };
  CHECK_NOTHROW(similarity({1, 11, 11, 3}, {1, 11, 11, 3}));
  CHECK_THROWS_AS(similarity({1, 11, 11, 3}, {1, 11, 12, 3}), CheckError);
  CHECK_THROWS_AS(similarity({1, 10, 11, 3}, {1, 10, 11, 3}), CheckError);
  CHECK_THROWS_AS(similarity({1, 11, 10, 3}, {1, 11, 10, 3}), CheckError);
  CHECK_THROWS_AS(similarity({1, 16, 16, 4}, {1, 16, 16, 4}), CheckError);
}

}  // namespace bauta::test
