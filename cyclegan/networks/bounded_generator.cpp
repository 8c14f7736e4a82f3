#include "cyclegan/networks/bounded_generator.h"

#include <cmath>

#include "cyclegan/networks/pictures.h"
#include "kernels/check.h"

namespace bauta {

namespace {

// A block's mean is not quite kept by its code, so a code read from a file may lie a little beyond 1.
constexpr float kLargestCode = 1.2f;
constexpr float kLargestDifference = 1;  // of the half range: 127.5 grey levels

}  // namespace

const Tensor& SignPattern::like(const Tensor& x) const {
  const Shape& shape = x.shape();
  Tensor& signs = made_[{shape.n, shape.h, shape.w, shape.c, static_cast<int>(x.engine().lane())}];
  if (signs) return signs;
  constexpr RandomStream kTurned{0x6261757461, 0};
  std::vector<float> values(shape.count());
  std::size_t i = 0;
  for (int n = 0; n < shape.n; ++n)
    for (int row = 0; row < shape.h; ++row)
      for (int column = 0; column < shape.w; ++column) {
        const auto cell =
            (static_cast<std::uint64_t>(row / 2) << 32) | static_cast<std::uint64_t>(column / 2);
        const std::uint32_t turned = kTurned.block(cell)[0];
        for (int c = 0; c < shape.c; ++c) {
          const bool odd = (row + column) % 2 != 0, over = (turned >> c & 1) != 0;
          values[i++] = odd != over ? -1.0f : 1.0f;
        }
      }
  return signs = Tensor::from(x.engine(), shape, values, x.dtype());
}

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

Tensor bounded_deid(const BoundedCode& code, const SignPattern& signs, const Layer& body, const Tensor& x,
                    const Boxes& boxes) {
  const Tensor m = mosaic(x, boxes);
  const Tensor t = clamp(signs.like(x) * code.compand(x - m) + body(x), -1, 1);
  return axpby(1 - code.kappa, m, code.kappa, t);
}

Tensor bounded_reid(const BoundedCode& code, const SignPattern& signs, const Layer& body, const Layer& refine,
                    const Tensor& y, const Boxes& boxes) {
  const Tensor shrunk_m = mosaic(y, boxes);
  const Tensor u = clamp(scale(y - shrunk_m, 1 / code.kappa), -kLargestCode, kLargestCode);
  const Tensor z = scale(shrunk_m, 1 / (1 - code.kappa)) + code.expand(signs.like(y) * u);
  return z + body(z) + refine(z);
}

Sequential refining_layers() {
  constexpr int kChannels = 32, kInnerConvolutions = 3;
  constexpr ConvGeometry kKeep{1, 1};
  Sequential layers;
  layers.add<Conv2d>(3, kChannels, 3, kKeep).add<ReLU>();
  for (int i = 0; i < kInnerConvolutions; ++i) layers.add<Conv2d>(kChannels, kChannels, 3, kKeep).add<ReLU>();
  layers.add<Conv2d>(kChannels, 3, 3, kKeep);
  return layers;
}

}  // namespace bauta
