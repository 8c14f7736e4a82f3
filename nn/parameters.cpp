#include "nn/parameters.h"

#include <algorithm>
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
  std::size_t start = 0;
  for (const auto& [name, parameter] : named_) {
    starts_.push_back(start);
    parameter->value = flat_.alias(start, parameter->shape);
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

void Parameters::gather(const std::vector<Tensor>& gradients, const Tensor& into) const {
  BAUTA_CHECK(gradients.size() == trained_.size(), gradients.size(), " gradients for ", trained_.size(),
              " parameters");
  const Engine& engine = into.engine();
  engine.kernels().fill(into.view(), 0, engine.context());
  std::size_t next = 0;
  for (std::size_t i = 0; i < named_.size(); ++i)
    if (named_[i].parameter->trained)
      engine.kernels().affine(part(into, i).view(), gradients[next++].view(), 1, 0, engine.context());
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
    const Engine& engine = parameter->value.engine();
    if (name.ends_with("weight"))
      engine.kernels().random_normal(parameter->value.view(),
                                     Uploaded<RandomStream>(engine, {{seed, stream}}).data(), 0, deviation,
                                     engine.context());
    else
      engine.kernels().fill(parameter->value.view(), 0, engine.context());
    ++stream;
  }
}

}  // namespace bauta
