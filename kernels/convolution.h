// 2-d convolution and its two gradients; cross-correlation, as everywhere in deep learning.
//
//   fprop  y[n,p,q,k] = sum over r,s,c of
//                       x[n, p*stride - padding + r, q*stride - padding + s, c] * w[k,r,s,c]
//   dgrad  dx = d(sum y*dy)/dx     (a transposed convolution is this one, with x and y swapped)
//   wgrad  dw = d(sum y*dy)/dw
//
// x (N,H,W,C), y (N,P,Q,K), w (K,R,S,C); outside the picture x is zero.
// P = (H + 2 padding - R) / stride + 1, Q likewise, or CheckError. In dgrad H and W are the caller's: with a
// stride several sizes of x give one size of y (this is PyTorch's output_padding).
// The forms that fprop and dgrad keep of weights differ: each wants KeptForms of its own.
// All views of a call are stored alike, but for dw, which may be float32 beside bfloat16 tensors.
// Bit for bit the same on any number of threads, and in every run.
#pragma once

#include "kernels/launcher.h"
#include "kernels/weights.h"

namespace bauta {

struct ConvGeometry {
  int stride = 1;
  int padding = 0;

  constexpr int output_size(int input, int taps) const { return (input + 2 * padding - taps) / stride + 1; }
  constexpr bool operator==(const ConvGeometry&) const = default;
};

namespace BAUTA_BACKEND {

void conv_fprop(View y, ConstView x, const Weights& w, ConvGeometry geometry, const Context& ctx);
void conv_dgrad(View dx, ConstView dy, const Weights& w, ConvGeometry geometry, const Context& ctx);
void conv_wgrad(View dw, ConstView x, ConstView dy, ConvGeometry geometry, GradMode mode, const Context& ctx);

}  // namespace BAUTA_BACKEND
}  // namespace bauta
