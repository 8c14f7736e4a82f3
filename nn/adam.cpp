#include "nn/adam.h"

namespace bauta {

namespace {

std::shared_ptr<AdamClock> make_clock(const Engine& engine) {
  const Backend& backend = engine.kernels();
  const std::shared_ptr<AdamClock> clock(static_cast<AdamClock*>(backend.allocate(sizeof(AdamClock))),
                                         backend.release);
  const AdamClock start;
  backend.copy_in(clock.get(), &start, sizeof(start), engine.context());
  return clock;
}

}  // namespace

Adam::Adam(const Parameters& parameters, const AdamOptions& options)
    : parameters_(parameters),
      options_(options),
      gradient_(Tensor::zeros(parameters.flat().engine(), parameters.flat().shape())),
      m_(Tensor::zeros(parameters.flat().engine(), parameters.flat().shape())),
      v_(Tensor::zeros(parameters.flat().engine(), parameters.flat().shape())),
      clock_(make_clock(parameters.flat().engine())) {}

void Adam::step(const std::vector<Tensor>& gradients) {
  parameters_.gather(gradients, gradient_);
  const Engine& engine = gradient_.engine();
  engine.kernels().adam(parameters_.flat().view(), nullptr, m_.view(), v_.view(), gradient_.view(),
                        ConstView(), options_, clock_.get(), engine.context());
}

void Adam::set_learning_rate(float rate) {
  const Engine& engine = gradient_.engine();
  engine.kernels().copy_in(&clock_->learning_rate, &rate, sizeof(rate), engine.context());
}

std::int64_t Adam::steps() const {
  const Engine& engine = gradient_.engine();
  std::int64_t steps = 0;
  engine.kernels().copy_out(&steps, &clock_->step, sizeof(steps), engine.context());
  return steps;
}

void Adam::set_steps(std::int64_t steps) {
  const Engine& engine = gradient_.engine();
  engine.kernels().copy_in(&clock_->step, &steps, sizeof(steps), engine.context());
}

}  // namespace bauta
