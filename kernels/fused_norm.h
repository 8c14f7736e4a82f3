// What stands between two convolutions, in one op: the "InstanceNorm-ReLU" of the layers c7s1-k, dk, Rk and
// uk (Johnson, Alahi, Fei-Fei 2016; Zhu et al. 2017, appendix 7.2), a residual block's sum, and the reflected
// border that the next convolution reads.
//
//   mean, rstd   of x, as in kernels/instance_norm.h;  xhat = (x - mean) * rstd
//   forward      y = halo_p(leaky(xhat) + residual);  leaky(v) = v > 0 ? v : slope * v
//   backward     g = halo_p'(dy) + extra;  d_residual = g;  gh = g * (xhat > 0 ? 1 : slope);
//                dx = rstd * (gh - mean(gh) - xhat * mean(gh * xhat)),  means over h,w
//
// x, dx, extra (N,H,W,C); y, dy (N,H+2p,W+2p,C); mean, rstd (N,1,1,C), float32. halo_p is reflection padding
// by p, which the shapes tell, p < H and p < W; halo_p' its adjoint (kernels/reflection_pad.h). slope 1 is no
// activation, 0 ReLU.
// residual and d_residual (N,H+2q,W+2q,C) may lie inside a halo themselves, each with a q of its own (q < H,
// q < W): of residual's nothing is read, d_residual's becomes zero. extra is a gradient that the inside of y
// gets beside dy, from the next block's sum. residual, extra and d_residual may be views without data: then
// there is none.
// Saved for backward: x, mean and rstd; y may be gone by then. In place: d_residual may be extra. Unlike
// instance_norm's, the mean is rounded to float32, which adds up to |mean| * rstd * 2^-24 to xhat.
// CheckError where shapes do not fit, or tensors are not all stored alike.
#pragma once

#include "kernels/launcher.h"

namespace bauta::BAUTA_BACKEND {

void fused_norm_forward(View y, View mean, View rstd, ConstView x, ConstView residual, float eps, float slope,
                        const Context& ctx);
void fused_norm_backward(View dx, View d_residual, ConstView dy, ConstView extra, ConstView x, ConstView mean,
                         ConstView rstd, float slope, const Context& ctx);

}  // namespace bauta::BAUTA_BACKEND
