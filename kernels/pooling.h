// Pooling over square windows; x (N,H,W,C), y (N,P,Q,C), P = (H + 2 padding - window) / stride + 1,
// padding < window, or CheckError.
//
//   avg_pool_forward    y = sum over the window / window^2 (padding counts as zeros)
//   avg_pool_backward   its adjoint
//   max_pool_select     y = values at the place of the window's largest x (the first of equals; padding
//                       never wins); with values = x this is max pooling
//   max_pool_scatter    its adjoint: dx += dy at that place, zero elsewhere
//
// All views are stored alike, or CheckError. What is not a number is largest only where it comes first.
#pragma once

#include "kernels/launcher.h"

namespace bauta {

struct PoolWindow {
  int size = 2, stride = 2, padding = 0;

  constexpr int output_size(int input) const { return (input + 2 * padding - size) / stride + 1; }
};

namespace BAUTA_BACKEND {

void avg_pool_forward(View y, ConstView x, PoolWindow window, const Context& ctx);
void avg_pool_backward(View dx, ConstView dy, PoolWindow window, const Context& ctx);
void max_pool_select(View y, ConstView values, ConstView x, PoolWindow window, const Context& ctx);
void max_pool_scatter(View dx, ConstView dy, ConstView x, PoolWindow window, const Context& ctx);

}  // namespace BAUTA_BACKEND
}  // namespace bauta
