#include "kernels/activations.h"

#include <cmath>

#include "kernels/parallel_cpu.h"

namespace bauta::BAUTA_BACKEND {

void leaky_relu_forward(View y, ConstView x, float slope, const Context& ctx) {
  BAUTA_CHECK(y.shape == x.shape, "y is ", y.shape, ", x is ", x.shape);
  // A negative slope would hide from backward, which reads y, on which side of zero x was.
  BAUTA_CHECK(slope >= 0, "the slope is ", slope);
  parallel_map(y.floats(), count_of(y.shape), ctx,
               [=, x = x.floats()](Index i) { return x[i] > 0 ? x[i] : slope * x[i]; });
}

void leaky_relu_backward(View dx, ConstView dy, ConstView y, float slope, const Context& ctx) {
  BAUTA_CHECK(dx.shape == dy.shape && dx.shape == y.shape, "dx is ", dx.shape, ", dy is ", dy.shape,
              ", y is ", y.shape);
  BAUTA_CHECK(slope >= 0, "the slope is ", slope);
  parallel_map(dx.floats(), count_of(dx.shape), ctx,
               [=, dy = dy.floats(), y = y.floats()](Index i) { return y[i] > 0 ? dy[i] : slope * dy[i]; });
}

void tanh_forward(View y, ConstView x, const Context& ctx) {
  BAUTA_CHECK(y.shape == x.shape, "y is ", y.shape, ", x is ", x.shape);
  parallel_map(y.floats(), count_of(y.shape), ctx, [x = x.floats()](Index i) { return std::tanh(x[i]); });
}

void tanh_backward(View dx, ConstView dy, ConstView y, const Context& ctx) {
  BAUTA_CHECK(dx.shape == dy.shape && dx.shape == y.shape, "dx is ", dx.shape, ", dy is ", dy.shape,
              ", y is ", y.shape);
  parallel_map(dx.floats(), count_of(dx.shape), ctx,
               [dy = dy.floats(), y = y.floats()](Index i) { return dy[i] * (1.0f - y[i] * y[i]); });
}

}  // namespace bauta::BAUTA_BACKEND
