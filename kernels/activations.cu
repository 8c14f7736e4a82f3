// Element by element: kernels/parallel_gpu.h has the map. Each thread moves 2 x 16 bytes of every tensor,
// neighbours in a warp neighbouring addresses.
//   Floor, in bytes an element of storage s: forward 2s (x in, y out), backward 3s (dy and y in, dx out).
#include "kernels/activations.h"

#include "kernels/parallel_gpu.h"

namespace bauta::BAUTA_BACKEND {

void leaky_relu_forward(View y, ConstView x, float slope, const Context& ctx) {
  BAUTA_CHECK(y.shape == x.shape, "y is ", y.shape, ", x is ", x.shape);
  BAUTA_CHECK(slope >= 0, "the slope is ", slope);
  map(
      __func__, ctx, y, [slope] __device__(float v) { return v > 0 ? v : slope * v; }, x);
}

void leaky_relu_backward(View dx, ConstView dy, ConstView y, float slope, const Context& ctx) {
  BAUTA_CHECK(dx.shape == dy.shape && dx.shape == y.shape, "dx is ", dx.shape, ", dy is ", dy.shape,
              ", y is ", y.shape);
  BAUTA_CHECK(slope >= 0, "the slope is ", slope);
  map(
      __func__, ctx, dx, [slope] __device__(float g, float v) { return v > 0 ? g : slope * g; }, dy, y);
}

void tanh_forward(View y, ConstView x, const Context& ctx) {
  BAUTA_CHECK(y.shape == x.shape, "y is ", y.shape, ", x is ", x.shape);
  map(
      __func__, ctx, y, [] __device__(float v) { return tanhf(v); }, x);
}

void tanh_backward(View dx, ConstView dy, ConstView y, const Context& ctx) {
  BAUTA_CHECK(dx.shape == dy.shape && dx.shape == y.shape, "dx is ", dx.shape, ", dy is ", dy.shape,
              ", y is ", y.shape);
  map(
      __func__, ctx, dx, [] __device__(float g, float v) { return g * (1.0f - v * v); }, dy, y);
}

}  // namespace bauta::BAUTA_BACKEND
