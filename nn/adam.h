// The Adam optimizer (kernels/adam.h has the formula) over all parameters of a network, or of several, at
// once.
#pragma once

#include <memory>
#include <vector>

#include "kernels/adam.h"
#include "nn/parameters.h"

namespace bauta {

class Adam {
 public:
  explicit Adam(const Parameters& parameters, const AdamOptions& options = {});

  // gradients: of parameters.trained(), in that order.
  void step(const std::vector<Tensor>& gradients);
  void set_learning_rate(float rate);  // of the steps to come; AdamClock's at first

  // What a checkpoint needs, beside the parameters: the moments (as parameters.flat()) and the step count.
  const Tensor& first_moment() const { return m_; }
  const Tensor& second_moment() const { return v_; }
  std::int64_t steps() const;  // waits for the steps that are under way
  void set_steps(std::int64_t steps);

 private:
  const Parameters& parameters_;
  AdamOptions options_;
  Tensor gradient_, m_, v_;
  std::shared_ptr<AdamClock> clock_;  // in the backend's memory
};

}  // namespace bauta
