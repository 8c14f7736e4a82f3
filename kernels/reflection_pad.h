// Reflection padding (the border pixel is not repeated: c b | a b c d | c b) and its adjoint.
//
//   forward   y (N, H+2p, W+2p, C) from x (N,H,W,C)
//   backward  dx[h,w] = sum of dy over every place where forward wrote x[h,w]
//
// p < H and p < W, or CheckError.
#pragma once

#include "kernels/launcher.h"

namespace bauta::BAUTA_BACKEND {

void reflection_pad_forward(View y, ConstView x, int padding, const Context& ctx);
void reflection_pad_backward(View dx, ConstView dy, int padding, const Context& ctx);

}  // namespace bauta::BAUTA_BACKEND
