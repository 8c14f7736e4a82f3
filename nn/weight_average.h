// The exponential moving average of what parameters were after each step, which often does better than where
// they stand: steps circle around what they seek (for GANs: Yazici et al. 2019, arXiv:1806.04498, section 3).
//
//   sum = decay sum + (1 - decay) w,   zeros at first;   average after t steps = sum / (1 - decay^t)
//
// The division takes out the zeros that the sum started from, as Adam's does, so that short runs may average
// too.
#pragma once

#include <cstdint>

#include "nn/parameters.h"

namespace bauta {

class WeightAverage {
 public:
  // decay: between 0 and 1, neither included; CheckError otherwise.
  WeightAverage(const Parameters& parameters, float decay);

  // After an optimizer's step: one launch, which may be recorded.
  void add() const;
  // Gives `to`, which has the same parameters in the same order, the average after so many steps, at least 1;
  // CheckError otherwise.
  void write(const Parameters& to, std::int64_t steps) const;

  // What a checkpoint needs, beside the number of steps; laid out as parameters.flat().
  const Tensor& sum() const { return sum_; }

 private:
  const Parameters& parameters_;
  float decay_;
  Tensor sum_;
};

}  // namespace bauta
