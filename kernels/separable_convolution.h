// A depthwise separable convolution in one pass, for inference on a CPU: each row of what the convolution
// across channels makes is still in the cache when the one of each channel by itself reads it. Howard et al.
// 2017 (MobileNets), section 3.1, with its halves in the order of YuNet (Wu et al. 2023).
//
//   t[n,h,w,c] = a[c] + sum over k of x[n,h,w,k] * u[c,0,0,k]
//   y[n,h,w,c] = b[c] + sum over r,s of t[n, h - 1 + r, w - 1 + s, c] * v[0,r,s,c]     rectified: or 0
//
// x (N,H,W,K), y (N,H,W,C), across (C,1,1,K), each (1,3,3,C), biases (1,1,1,C), or CheckError; outside the
// picture t is zero. The same bits as conv_fprop, bias_add, depthwise_fprop, bias_add and leaky_relu_forward
// one after another make in float32 of finite numbers, on any number of threads.
#pragma once

#include "kernels/launcher.h"

namespace bauta {

struct SeparableWeights {
  ConstView across, across_bias, each, each_bias;
};

}  // namespace bauta

namespace bauta::BAUTA_BACKEND {

void separable_fprop(View y, ConstView x, const SeparableWeights& weights, bool rectified,
                     const Context& ctx);

}  // namespace bauta::BAUTA_BACKEND
