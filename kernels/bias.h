// A bias a channel, and its gradient.
//
//   bias_add   y[n,h,w,c] = x[n,h,w,c] + b[c]       y may be x
//   bias_grad  db[c] = sum over n,h,w of dy[n,h,w,c]
//
// x, y, dy (N,H,W,C); b, db (1,1,1,C), or CheckError. x and y are stored alike; b and db as they are, or as
// float32 beside bfloat16 pictures.
#pragma once

#include "kernels/launcher.h"

namespace bauta::BAUTA_BACKEND {

void bias_add(View y, ConstView x, ConstView b, const Context& ctx);
void bias_grad(View db, ConstView dy, GradMode mode, const Context& ctx);

}  // namespace bauta::BAUTA_BACKEND
