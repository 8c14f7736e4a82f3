#include "nn/parameters.h"

#include <algorithm>
#include <array>
#include <set>

#include "kernels/check.h"
#include "nn/uploaded.h"

namespace bauta {

namespace {

// Parameters start on 256-byte boundaries, so that kernels may load vectors.
std::size_t padded(std::size_t floats) { return (floats + 63) / 64 * 64; }

}  // namespace

Parameters::Parameters(Engine& engine, std::vector<NamedParameter> parameters)
    : named_(std::move(parameters)) {
  std::set<std::string> names;
  std::size_t total = 0;
  for (const auto& [name, parameter] : named_) {
    BAUTA_CHECK(names.insert(name).second, "two parameters are called ", name);
    total += padded(parameter->shape.count());
  }
  flat_ = Tensor::zeros(engine, {1, 1, 1, static_cast<int>(total)});
  if (engine.storage() != DType::Float32) rounded_ = Tensor::zeros(engine, flat_.shape(), engine.storage());
  std::size_t start = 0;
  for (const auto& [name, parameter] : named_) {
    starts_.push_back(start);
    parameter->master = flat_.alias(start, parameter->shape);
    parameter->value = rounded_ ? rounded_.alias(start, parameter->shape) : parameter->master;
    if (parameter->trained) {
      parameter->value.set_requires_grad();
      trained_.push_back(parameter->value);
    }
    start += padded(parameter->shape.count());
  }
}

Parameter* Parameters::find(const std::string& name) const {
  const auto found = std::find_if(named_.begin(), named_.end(),
                                  [&](const NamedParameter& entry) { return entry.name == name; });
  return found == named_.end() ? nullptr : found->parameter.get();
}

void Parameters::publish() const {
  changed();
  if (!rounded_) return;
  const Engine& engine = flat_.engine();
  engine.kernels().convert(rounded_.view(), flat_.view(), engine.context());
}

void Parameters::changed() const {
  for (const auto& entry : named_)
    if (Tensor::Forms* const forms = entry.parameter->value.forms()) forms->forget();
}

void Parameters::keep_forms(bool keep) const {
  for (const auto& entry : named_) entry.parameter->value.keep_forms(keep);
}

std::size_t Parameters::count() const {
  std::size_t total = 0;
  for (const auto& entry : named_) total += entry.parameter->shape.count();
  return total;
}

void initialize_normal(const std::vector<NamedParameter>& parameters, float deviation, std::uint64_t seed,
                       std::uint64_t first_stream) {
  std::uint64_t stream = first_stream;
  for (const auto& [name, parameter] : parameters) {
    Engine& engine = parameter->master.engine();
    if (name.ends_with("weight"))
      engine.kernels().random_normal(parameter->master.view(),
                                     Uploaded<RandomStream>(engine, {{seed, stream}}).data(), 0, deviation,
                                     engine.context());
    else
      engine.kernels().fill(parameter->master.view(), 0, engine.context());
    ++stream;
  }
}

}  // namespace bauta
