#include "nn/weight_average.h"

#include <cmath>

#include "kernels/check.h"

namespace bauta {

WeightAverage::WeightAverage(const Parameters& parameters, float decay)
    : parameters_(parameters),
      decay_(decay),
      sum_(Tensor::zeros(parameters.flat().engine(), parameters.flat().shape())) {
  BAUTA_CHECK(decay > 0 && decay < 1, "the decay is ", decay, ", not between 0 and 1");
}

void WeightAverage::add() const {
  const Engine& engine = sum_.engine();
  engine.kernels().axpby(sum_.view(), decay_, sum_.view(), 1 - decay_, parameters_.flat().view(),
                         engine.context());
}

void WeightAverage::write(const Parameters& to, std::int64_t steps) const {
  BAUTA_CHECK(steps > 0, "there is no average of ", steps, " steps");
  const Engine& engine = sum_.engine();
  const double collected = 1 - std::pow(static_cast<double>(decay_), static_cast<double>(steps));
  engine.kernels().affine(to.flat().view(), sum_.view(), static_cast<float>(1 / collected), 0,
                          engine.context());
  to.publish();
}

}  // namespace bauta
