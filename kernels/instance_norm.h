// Instance normalization without affine (Ulyanov, Vedaldi, Lempitsky 2016):
//
//   mean, var over h,w of each (n,c);  rstd = 1 / sqrt(var + eps) (var biased);  y = (x - mean) * rstd
//   backward: dx = rstd * (dy - mean(dy) - y * mean(dy * y)),  means over h,w
//
// x, y, dy, dx (N,H,W,C), stored alike; rstd (N,1,1,C), float32. Saved for backward: y and rstd; x may be
// gone by then. In place: y may be x, dx may be dy. Statistics are safe against cancellation (huge means,
// small deviations) and do not depend on the thread count.
#pragma once

#include "kernels/launcher.h"

namespace bauta::BAUTA_BACKEND {

void instance_norm_forward(View y, View rstd, ConstView x, float eps, const Context& ctx);
void instance_norm_backward(View dx, ConstView dy, ConstView y, ConstView rstd, const Context& ctx);

}  // namespace bauta::BAUTA_BACKEND
