// Depthwise 2-d convolution: each channel by a filter of its own; cross-correlation. Howard et al. 2017
// (MobileNets), section 3.1.
//
//   fprop  y[n,p,q,c] = sum over r,s of x[n, p*stride - padding + r, q*stride - padding + s, c] * w[0,r,s,c]
//   dgrad  dx = d(sum y*dy)/dx
//   wgrad  dw = d(sum y*dy)/dw
//
// x (N,H,W,C), y (N,P,Q,C), w (1,R,S,C); outside the picture x is zero.
// P = (H + 2 padding - R) / stride + 1, Q likewise, or CheckError; in dgrad H and W are the caller's.
// All views of a call are stored alike, but for dw, which may be float32 beside bfloat16 tensors.
// Bit for bit the same on any number of threads, and in every run.
#pragma once

#include "kernels/convolution.h"

namespace bauta::BAUTA_BACKEND {

void depthwise_fprop(View y, ConstView x, const Weights& w, ConvGeometry geometry, const Context& ctx);
void depthwise_dgrad(View dx, ConstView dy, const Weights& w, ConvGeometry geometry, const Context& ctx);
void depthwise_wgrad(View dw, ConstView x, ConstView dy, ConvGeometry geometry, GradMode mode,
                     const Context& ctx);

}  // namespace bauta::BAUTA_BACKEND
