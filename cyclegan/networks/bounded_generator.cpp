#include "cyclegan/networks/bounded_generator.h"

#include <cmath>

#include "kernels/check.h"

namespace bauta {

namespace {

constexpr float kLevelsPerHalfRange = 127.5f;  // pictures are [-1, 1] in networks, 0..255 in files
constexpr float kLargestDifference = 2;

// +1 where row + column is even, -1 elsewhere; counted from the picture's corner, which G and F share.
Tensor chessboard(Engine& engine, Shape shape) {
  std::vector<float> signs(shape.count());
  std::size_t i = 0;
  for (int n = 0; n < shape.n; ++n)
    for (int row = 0; row < shape.h; ++row)
      for (int column = 0; column < shape.w; ++column)
        for (int c = 0; c < shape.c; ++c) signs[i++] = (row + column) % 2 == 0 ? 1.0f : -1.0f;
  return Tensor::from(engine, shape, signs);
}

}  // namespace

BoundedCode::BoundedCode(float residual_levels, float companding_levels)
    : kappa(residual_levels / kLevelsPerHalfRange), c(companding_levels / kLevelsPerHalfRange) {
  BAUTA_CHECK(kappa > 0 && kappa < 1 && c > 0, "residual levels ", residual_levels, ", companding levels ",
              companding_levels);
}

Tensor BoundedCode::compand(const Tensor& difference) const {
  return scale(asinh(scale(difference, 1 / c)), 1 / std::asinh(kLargestDifference / c));
}

Tensor BoundedCode::expand(const Tensor& code) const {
  return scale(sinh(scale(code, std::asinh(kLargestDifference / c))), c);
}

Tensor bounded_deid(const BoundedCode& code, const Layer& body, const Tensor& x,
                    std::span<const MosaicBox> boxes) {
  const Tensor m = mosaic(x, boxes);
  const Tensor s = chessboard(x.engine(), x.shape());
  const Tensor t = clamp(s * code.compand(x - m) + body(x), -1, 1);
  return axpby(1 - code.kappa, m, code.kappa, t);
}

Tensor bounded_reid(const BoundedCode& code, const Layer& body, const Tensor& y,
                    std::span<const MosaicBox> boxes) {
  const Tensor shrunk_m = mosaic(y, boxes);
  const Tensor s = chessboard(y.engine(), y.shape());
  const Tensor u = clamp(scale(y - shrunk_m, 1 / code.kappa), -1, 1);
  const Tensor z = scale(shrunk_m, 1 / (1 - code.kappa)) + code.expand(s * u);
  return z + body(z);
}

}  // namespace bauta
