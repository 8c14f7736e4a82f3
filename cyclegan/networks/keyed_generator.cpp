#include "cyclegan/networks/keyed_generator.h"

#include <cmath>
#include <memory>

#include "cyclegan/keyed/companding.h"
#include "cyclegan/keyed/lattice.h"
#include "cyclegan/networks/pictures.h"
#include "kernels/check.h"

namespace bauta {

namespace {

constexpr ConvGeometry kKeepSize{1, 1};
constexpr float kMostSteps = 2;  // that De-ID moves a code

const float kCodeScale = static_cast<float>(std::asinh(kLargestDifference / kCompandingLevels));
constexpr float kLinearRange = static_cast<float>(kCompandingLevels) / kLevelsPerHalfRange;

// y = x + f(x), f: convolution, ReLU, convolution.
class PlainBlock final : public Layer {
 public:
  explicit PlainBlock(int channels) {
    conv_block_.add<Conv2d>(channels, channels, 3, kKeepSize)
        .add<ReLU>()
        .add<Conv2d>(channels, channels, 3, kKeepSize);
  }
  Tensor operator()(const Tensor& x) const override { return x + conv_block_(x); }
  void collect(const std::string& prefix, std::vector<NamedParameter>& into) const override {
    conv_block_.collect(prefix + "conv_block.", into);
  }

 private:
  Sequential conv_block_;
};

// Whole numbers of 0 .. 255, given as numbers: what a picture's rounding does to its levels.
Tensor round_numbers(const Tensor& numbers) {
  const Tensor picture = affine(numbers, 1 / kLevelsPerHalfRange, -1);
  return affine(round_to_8_bits(picture), kLevelsPerHalfRange, kLevelsPerHalfRange);
}

}  // namespace

KeyedCode::KeyedCode(float residual_levels)
    : k_(static_cast<int>(residual_levels)), kappa_(residual_levels / kLevelsPerHalfRange) {
  BAUTA_CHECK(static_cast<float>(k_) == residual_levels && k_ >= kSmallestResidual && k_ <= kLargestResidual,
              "residual levels of a keyed generator are ", residual_levels, "; they must be whole, from ",
              kSmallestResidual, " to ", kLargestResidual);
}

Tensor KeyedCode::centre_of_nearest_cell(const Tensor& levels) const {
  const Lattice lattice(k_);
  const auto values = static_cast<float>(lattice.values()), k = static_cast<float>(k_);
  const Tensor cell = clamp(round_numbers(affine(levels, 1 / values, -k / values)), 0,
                            static_cast<float>(lattice.cells() - 1));
  return affine(cell, values / kLevelsPerHalfRange, k / kLevelsPerHalfRange - 1);
}

Tensor KeyedCode::base_for(const Tensor& block_means) const { return base_of(round_to_8_bits(block_means)); }

Tensor KeyedCode::base_of(const Tensor& y) const {
  return centre_of_nearest_cell(affine(y.detach(), kLevelsPerHalfRange, kLevelsPerHalfRange));
}

Tensor KeyedCode::compand(const Tensor& difference) const {
  return scale(asinh(scale(difference, 1 / kLinearRange)), 1 / kCodeScale);
}

Tensor KeyedCode::expand(const Tensor& code) const {
  return scale(sinh(scale(code, kCodeScale)), kLinearRange);
}

Tensor KeyedCode::round(const Tensor& code) const {
  const auto k = static_cast<float>(k_);
  return affine(round_numbers(affine(clamp(code, -1, 1), k, k)), 1 / k, -1);
}

Sequential keyed_layers(int ngf, int residual_blocks) {
  Sequential layers;
  layers.add<Conv2d>(kKeyedInputs, ngf, 3, kKeepSize);
  for (int i = 0; i < residual_blocks; ++i) layers.add<PlainBlock>(ngf);
  layers.add<Conv2d>(ngf, 3, 3, kKeepSize);
  return layers;
}

int keyed_reach(int residual_blocks) { return 2 + 2 * residual_blocks; }

Tensor keyed_deid(const KeyedCode& code, const Layer& body, const Tensor& x, const Boxes& boxes) {
  const Tensor base = code.base_for(mosaic(x, boxes));
  const Tensor u = code.compand(x - base);
  const Tensor r =
      code.round(axpby(1, u, kMostSteps * code.step(), tanh(body(concat_channels({x, base, u})))));
  return axpby(1, base, code.kappa(), r);
}

Tensor keyed_reid(const KeyedCode& code, const Layer& body, const Tensor& y) {
  const Tensor base = code.base_of(y);
  const Tensor r = scale(y - base, 1 / code.kappa());
  const Tensor z = base + code.expand(r);
  return z + body(concat_channels({z, base, r}));
}

}  // namespace bauta
