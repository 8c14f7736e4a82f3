// Parametric ReLU: below zero a slope a channel, which is learned. He et al. 2015, arXiv:1502.01852,
// equations 1 and 2.
//
//   prelu_gate        y = (x > 0 ? above : slope[c]) * values
//                     values = x, above = 1: PReLU; values = dy, above = 1: its dx
//   prelu_slope_grad  dslope[c] = sum over n,h,w where not x > 0 of dy * values; values = x: PReLU's gradient
//
// Both are linear in all but x, and each is the other's derivative. Slopes may be negative, so backward reads
// x. y, values, x, dy (N,H,W,C), stored alike; slope, dslope (1,1,1,C), stored as they are or as float32
// beside bfloat16 pictures; or CheckError. y may be values or x.
#pragma once

#include "kernels/launcher.h"

namespace bauta::BAUTA_BACKEND {

void prelu_gate(View y, ConstView values, ConstView x, ConstView slope, float above, const Context& ctx);
void prelu_slope_grad(View dslope, ConstView dy, ConstView values, ConstView x, GradMode mode,
                      const Context& ctx);

}  // namespace bauta::BAUTA_BACKEND
