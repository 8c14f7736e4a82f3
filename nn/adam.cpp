#include "nn/adam.h"

namespace bauta {

Adam::Adam(const Parameters& parameters, const AdamOptions& options)
    : parameters_(parameters),
      options_(options),
      gradient_(Tensor::zeros(parameters.flat().engine(), parameters.flat().shape())),
      m_(Tensor::zeros(parameters.flat().engine(), parameters.flat().shape())),
      v_(Tensor::zeros(parameters.flat().engine(), parameters.flat().shape())) {}

void Adam::step(const std::vector<Tensor>& gradients) {
  parameters_.gather(gradients, gradient_);
  const Engine& engine = gradient_.engine();
  engine.kernels().adam(parameters_.flat().view(), m_.view(), v_.view(), gradient_.view(), options_, ++steps_,
                        engine.context());
}

}  // namespace bauta
