// The Adam optimizer (kernels/adam.h has the formula) over all parameters of a network, or of several, at
// once.
#pragma once

#include <array>

#include "kernels/adam.h"
#include "nn/gradients.h"
#include "nn/parameters.h"
#include "nn/small_copies.h"
#include "nn/uploaded.h"

namespace bauta {

class Adam {
 public:
  explicit Adam(const Parameters& parameters, const AdamOptions& options = {});

  // Where backward() is to put the gradients of a step.
  Gradients& gradients() { return gradients_; }
  // One step with what has come there since the last.
  void step();
  // Of the steps to come, from when the copies are sent; AdamClock's at first.
  void set_learning_rate(float rate, SmallCopies& copies) const;
  // The same at once.
  void set_learning_rate(float rate) const;

  // What a checkpoint needs, beside the parameters: the moments (as parameters.flat()) and the step count.
  const Tensor& first_moment() const { return m_; }
  const Tensor& second_moment() const { return v_; }
  std::int64_t steps() const;  // waits for the steps that are under way
  void set_steps(std::int64_t steps);

 private:
  const Parameters& parameters_;
  AdamOptions options_;
  Gradients gradients_;
  Tensor m_, v_;
  Uploaded<AdamClock> clock_;
};

}  // namespace bauta
