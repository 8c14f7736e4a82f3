#include "cyclegan/baselines/unet.h"

#include <cmath>

#include "kernels/check.h"

namespace bauta {
namespace {

constexpr ConvGeometry kKeep{1, 1}, kHalve{2, 1};

int channels_at(int level, int ngf) { return level == 0 ? ngf : level == 1 ? 2 * ngf : 4 * ngf; }

}  // namespace

UNet::UNet(const UNetConfig& config) : config_(config), leave_(config.ngf, 3, 3, kKeep) {
  BAUTA_CHECK(config.ngf >= 1 && config.bits >= 0, "ngf ", config.ngf, ", bits ", config.bits);
  for (int level = 0; level <= kDepth; ++level) {
    const int here = channels_at(level, config.ngf);
    const Bias bias = level == 0 ? Bias::Added : Bias::None;  // a norm would take it away
    if (level == 0)
      down_.emplace_back(3, here, 3, kKeep, bias);
    else
      down_.emplace_back(channels_at(level - 1, config.ngf), here, 3, kHalve, bias);
    if (config.bits > 0) password_down_.emplace_back(config.bits, here);
    if (level == kDepth) break;
    up_.emplace_back(channels_at(level + 1, config.ngf), here, 3, kHalve, 1, bias);
    across_.emplace_back(here, here, 3, kKeep, Bias::None);
    if (config.bits > 0) password_up_.emplace_back(config.bits, here);
  }
  if (config.bits > 0) password_gate_.emplace_back(config.bits, config.ngf);
}

Tensor UNet::operator()(const Tensor& x, const Tensor& password) const {
  const Shape& shape = x.shape();
  BAUTA_CHECK(shape.c == 3 && shape.h % kSizeMultiple == 0 && shape.w % kSizeMultiple == 0 &&
                  shape.h >= kMinimumSize && shape.w >= kMinimumSize,
              "a picture of ", shape.h, " x ", shape.w, " x ", shape.c,
              "; it must be RGB, its sides multiples of ", kSizeMultiple, " and at least ", kMinimumSize);
  const auto activated = [&](const Tensor& sum, int level, const std::vector<Linear>& maps) {
    const Tensor normed = level == 0 ? sum : instance_norm(sum, kNormEps);
    if (maps.empty()) return relu(normed);
    const Tensor shift = maps[static_cast<std::size_t>(level)](cast(password, normed.dtype()));
    return relu(bias_add(normed, shift));
  };
  std::vector<Tensor> levels;
  for (int level = 0; level <= kDepth; ++level) {
    const Tensor from = level == 0 ? cast(x, x.engine().storage()) : levels.back();
    levels.push_back(activated(down_[static_cast<std::size_t>(level)](from), level, password_down_));
  }
  Tensor up = levels.back();
  for (int level = kDepth - 1; level >= 0; --level) {
    const auto l = static_cast<std::size_t>(level);
    // A convolution of both side by side is the sum of one of each.
    up = activated(up_[l](up) + across_[l](levels[l]), level, password_up_);
  }
  for (const Linear& gate : password_gate_) up = up * broadcast(gate(cast(password, up.dtype())), up.shape());
  return tanh(x + cast(leave_(up), DType::Float32));
}

void UNet::collect(const std::string& prefix, std::vector<NamedParameter>& into) const {
  const auto collect_all = [&](const char* name, const auto& layers) {
    for (std::size_t i = 0; i < layers.size(); ++i)
      layers[i].collect(prefix + name + "." + std::to_string(i) + ".", into);
  };
  collect_all("down", down_);
  collect_all("up", up_);
  collect_all("across", across_);
  collect_all("password_down", password_down_);
  collect_all("password_up", password_up_);
  collect_all("password_gate", password_gate_);
  leave_.collect(prefix + "leave.", into);
}

void UNet::initialize(std::uint64_t seed, std::uint64_t first_stream) const {
  std::vector<NamedParameter> parameters;
  collect("", parameters);
  initialize_normal(parameters, kInitialDeviation, seed, first_stream);
  const float wanted = config_.bits > 0 ? 1 / std::sqrt(static_cast<float>(config_.bits)) : 0;
  for (const auto& [name, parameter] : parameters) {
    if (!name.starts_with("password")) continue;
    const Engine& engine = parameter->master.engine();
    engine.kernels().affine(parameter->master.view(), parameter->master.view(), wanted / kInitialDeviation, 0,
                            engine.context());
  }
}

}  // namespace bauta
