#include "nn/adam.h"

namespace bauta {

Adam::Adam(const Parameters& parameters, const AdamOptions& options)
    : parameters_(parameters),
      options_(options),
      gradients_(parameters),
      m_(Tensor::zeros(parameters.flat().engine(), parameters.flat().shape())),
      v_(Tensor::zeros(parameters.flat().engine(), parameters.flat().shape())),
      clock_(parameters.flat().engine(), std::array{AdamClock{}}) {}

void Adam::step() {
  gradients_.finish();
  const Engine& engine = m_.engine();
  engine.kernels().adam(parameters_.flat().view(), parameters_.rounded(), m_.view(), v_.view(),
                        gradients_.flat().view(), options_, clock_.data(), engine.context());
  parameters_.changed();
  gradients_.begin();
}

void Adam::set_learning_rate(float rate, SmallCopies& copies) const {
  copies.add(&clock_.data()->learning_rate, rate);
}

std::int64_t Adam::steps() const {
  const Engine& engine = m_.engine();
  std::int64_t steps = 0;
  engine.kernels().copy_out(&steps, &clock_.data()->step, sizeof(steps), engine.context());
  return steps;
}

void Adam::set_steps(std::int64_t steps) {
  const Engine& engine = m_.engine();
  engine.kernels().copy_in(&clock_.data()->step, &steps, sizeof(steps), engine.context());
}

void Adam::set_learning_rate(float rate) const {
  SmallCopies copies;
  set_learning_rate(rate, copies);
  copies.send(parameters_.flat().engine());
}

}  // namespace bauta
