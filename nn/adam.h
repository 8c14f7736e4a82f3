// The Adam optimizer (kernels/adam.h has the formula) over all parameters of a network, or of several, at
// once.
#pragma once

#include <vector>

#include "kernels/adam.h"
#include "nn/parameters.h"

namespace bauta {

class Adam {
 public:
  Adam(const Parameters& parameters, const AdamOptions& options);

  // gradients: of parameters.trained(), in that order.
  void step(const std::vector<Tensor>& gradients);
  void set_learning_rate(float rate) { options_.learning_rate = rate; }

  // What a checkpoint needs, beside the parameters: the moments (as parameters.flat()) and the step count.
  const Tensor& first_moment() const { return m_; }
  const Tensor& second_moment() const { return v_; }
  std::int64_t steps() const { return steps_; }
  void set_steps(std::int64_t steps) { steps_ = steps; }

 private:
  const Parameters& parameters_;
  AdamOptions options_;
  Tensor gradient_, m_, v_;
  std::int64_t steps_ = 0;
};

}  // namespace bauta
