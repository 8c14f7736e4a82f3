// Activations, element by element. Backward reads the output y, so that the input need not be kept.
//
//   leaky_relu  y = x > 0 ? x : slope * x      dx = y > 0 ? dy : slope * dy      (slope 0: ReLU)
//   tanh        y = tanh(x)                    dx = dy * (1 - y^2)
//
// All views of one shape; y may be x, dx may be dy (in place).
#pragma once

#include "kernels/launcher.h"

namespace bauta::BAUTA_BACKEND {

void leaky_relu_forward(View y, ConstView x, float slope, const Context& ctx);
void leaky_relu_backward(View dx, ConstView dy, ConstView y, float slope, const Context& ctx);
void tanh_forward(View y, ConstView x, const Context& ctx);
void tanh_backward(View dx, ConstView dy, ConstView y, const Context& ctx);

}  // namespace bauta::BAUTA_BACKEND
