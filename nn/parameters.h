// What a network learns: named parameters, packed into one buffer so that an optimizer is one launch.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "nn/tensor.h"

namespace bauta {

// Layers make these when they are built; the values come with packing (class Parameters).
struct Parameter {
  Shape shape;
  // What is not stays as it is: statistics of norms; networks that others only measure with; and a bias
  // before an instance norm, which cancels exactly and is kept for the sake of weight files.
  bool trained = true;
  Tensor value;  // what layers read, stored as the engine's tensors are
  Tensor
      master;  // float32, what the optimizer changes and files hold; the same as value where that is float32
};

struct NamedParameter {
  std::string name;  // as in PyTorch's state_dict: "model.1.weight"
  std::shared_ptr<Parameter> parameter;
};

class Parameters {
 public:
  // Packs them into one buffer, zeros at first, and gives each its place in it (in a second one, too, where
  // the engine's tensors are bfloat16). Throws CheckError on a name used twice.
  Parameters(Engine& engine, std::vector<NamedParameter> parameters);

  const std::vector<NamedParameter>& named() const { return named_; }
  // Null where there is none of that name.
  Parameter* find(const std::string& name) const;
  // Those that learn, in order: what gradients are asked for.
  const std::vector<Tensor>& trained() const { return trained_; }
  // All master values in one vector; places between parameters hold zeros.
  const Tensor& flat() const { return flat_; }
  // All values as bfloat16 in a vector like it; null where values are masters.
  bfloat16* rounded() const { return rounded_ ? static_cast<bfloat16*>(rounded_.view().data) : nullptr; }
  // After masters were changed: makes the values follow.
  void publish() const;
  // The same where the optimizer has made them follow: what kernels kept of them is forgotten.
  void changed() const;
  // For weights that stay as they are and are used more than once: lets kernels keep what they make of them,
  // for memory of several times their own.
  void keep_forms(bool keep = true) const;
  // Parameter i of named() in a vector laid out as flat() is: its gradient, its moment.
  Tensor part(const Tensor& flat, std::size_t i) const {
    return flat.alias(starts_[i], named_[i].parameter->shape);
  }
  // How many numbers are learned or kept.
  std::size_t count() const;

 private:
  std::vector<NamedParameter> named_;
  std::vector<Tensor> trained_;
  std::vector<std::size_t> starts_;
  Tensor flat_, rounded_;
};

// The deviation that CycleGAN's networks start from (Zhu et al. 2017, section 4).
constexpr float kInitialDeviation = 0.02f;

// Draws the master of every weight (a parameter whose name ends in "weight") from N(0, deviation), biases
// zero: Zhu et al. 2017. Parameter i uses stream first_stream + i of the seed.
void initialize_normal(const std::vector<NamedParameter>& parameters, float deviation, std::uint64_t seed,
                       std::uint64_t first_stream);

}  // namespace bauta
