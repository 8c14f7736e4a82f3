#include "cyclegan/networks/generator.h"

#include <algorithm>
#include <cmath>

#include "kernels/check.h"

namespace bauta {

std::string to_string(GeneratorKind kind) {
  switch (kind) {
    case GeneratorKind::Reference:
      return "reference";
    case GeneratorKind::Skip:
      return "skip";
    case GeneratorKind::Bounded:
      return "bounded";
    case GeneratorKind::Keyed:
      return "keyed";
  }
  return "?";
}

GeneratorKind generator_kind(const std::string& name) {
  for (auto kind :
       {GeneratorKind::Reference, GeneratorKind::Skip, GeneratorKind::Bounded, GeneratorKind::Keyed})
    if (to_string(kind) == name) return kind;
  BAUTA_CHECK(false, "no generator is called ", name, "; there are reference, skip, bounded, keyed");
}

namespace {

Sequential reference_layers(const GeneratorConfig& config) {
  Sequential layers;
  const int c = config.ngf;
  constexpr ConvGeometry kHalve{2, 1};
  // Norm, ReLU and the next layer's padding are one layer of ours; the skipped places keep the reference's
  // names: model.1, model.4, model.7, model.10.conv_block.1 ...
  constexpr float kReLU = 0;
  const auto block_halo = [&](int i) { return i + 1 < config.residual_blocks ? 1 : 0; };
  layers.add<ReflectionPad2d>(3).add<Conv2d>(3, c, 7, ConvGeometry{}, Bias::Cancelled);
  layers.add<FusedNorm>(kReLU).skip(1).add<Conv2d>(c, 2 * c, 3, kHalve, Bias::Cancelled);
  layers.add<FusedNorm>(kReLU).skip(1).add<Conv2d>(2 * c, 4 * c, 3, kHalve, Bias::Cancelled);
  layers.add<FusedNorm>(kReLU, 1).skip(1);
  for (int i = 0; i < config.residual_blocks; ++i) layers.add<ResidualBlock>(4 * c, block_halo(i));
  layers.add<ConvTranspose2d>(4 * c, 2 * c, 3, kHalve, 1, Bias::Cancelled).add<FusedNorm>(kReLU).skip(1);
  layers.add<ConvTranspose2d>(2 * c, c, 3, kHalve, 1, Bias::Cancelled).add<FusedNorm>(kReLU, 3).skip(2);
  layers.add<Conv2d>(c, 3, 7, ConvGeometry{});
  return layers;
}

}  // namespace

Generator::Generator(const GeneratorConfig& config) : config_(config) {
  BAUTA_CHECK(config.ngf >= 1 && config.residual_blocks >= 1, "ngf ", config.ngf, ", residual blocks ",
              config.residual_blocks);
  const bool keyed = config.kind == GeneratorKind::Keyed;
  if (keyed) (void)KeyedCode(config.residual_levels);  // throws for levels that no lattice has
  body_ = keyed ? keyed_layers(config.ngf, config.residual_blocks) : reference_layers(config);
  if (config.kind == GeneratorKind::Reference) return;
  zero_at_first_.push_back("model." + std::to_string(body_.last_place()) + ".weight");
  // Without norms nothing else would keep a deep body from growing: each block starts as the identity.
  if (keyed)
    for (int i = 1; i <= config.residual_blocks; ++i)
      zero_at_first_.push_back("model." + std::to_string(i) + ".conv_block.2.weight");
  if (config.kind == GeneratorKind::Bounded && config.role == GeneratorRole::ReId) {
    refine_ = refining_layers();
    zero_at_first_.push_back("refine." + std::to_string(refine_.last_place()) + ".weight");
  }
}

Tensor Generator::operator()(const Tensor& x, const Boxes& boxes) const {
  const Shape& shape = x.shape();
  BAUTA_CHECK(shape.c == 3 && shape.h % size_multiple() == 0 && shape.w % size_multiple() == 0 &&
                  shape.h >= kMinimumSize && shape.w >= kMinimumSize,
              "a picture of ", shape.h, " x ", shape.w, " x ", shape.c,
              "; it must be RGB, its sides multiples of ", size_multiple(), " and at least ", kMinimumSize);
  const Tensor y = translate(x, boxes);
  const bool in_boxes = config_.kind == GeneratorKind::Bounded || config_.kind == GeneratorKind::Keyed;
  return config_.composite || in_boxes ? box_select(y, x, boxes) : y;
}

Tensor Generator::translate(const Tensor& x, const Boxes& boxes) const {
  const BetweenPictures body(body_), refine(refine_);
  const bool hides = config_.role == GeneratorRole::DeId;
  switch (config_.kind) {
    case GeneratorKind::Reference:
      return tanh(body(x));
    case GeneratorKind::Skip:
      return clamp(x + body(x), -1, 1);
    case GeneratorKind::Bounded: {
      const BoundedCode code(config_.residual_levels, config_.companding_levels);
      return hides ? bounded_deid(code, signs_, body, x, boxes)
                   : bounded_reid(code, signs_, body, refine, x, boxes);
    }
    case GeneratorKind::Keyed:
      break;
  }
  const KeyedCode code(config_.residual_levels);
  return hides ? keyed_deid(code, body, x, boxes) : keyed_reid(code, body, x);
}

void Generator::collect(const std::string& prefix, std::vector<NamedParameter>& into) const {
  body_.collect(prefix + "model.", into);
  refine_.collect(prefix + "refine.", into);
}

void Generator::initialize(std::uint64_t seed, std::uint64_t first_stream) const {
  std::vector<NamedParameter> parameters;
  collect("", parameters);
  initialize_normal(parameters, kInitialDeviation, seed, first_stream);
  for (const auto& [name, parameter] : parameters) {
    const Engine& engine = parameter->master.engine();
    const Shape& shape = parameter->shape;
    const bool zero = std::find(zero_at_first_.begin(), zero_at_first_.end(), name) != zero_at_first_.end();
    const bool without_norm =
        (name.starts_with("refine.") || config_.kind == GeneratorKind::Keyed) && name.ends_with("weight");
    const float he = std::sqrt(2 / static_cast<float>(shape.h * shape.w * shape.c));
    const float factor = zero ? 0 : without_norm ? he / kInitialDeviation : 1;
    engine.kernels().affine(parameter->master.view(), parameter->master.view(), factor, 0, engine.context());
  }
}

}  // namespace bauta
