// Differentiable ops. Each runs a kernel and, while the tape is running, remembers its backward rule; rules
// are made of these same ops, so every op can be differentiated as often as one likes. Shapes:
// kernels/view.h, formulas: the kernels' headers. All throw CheckError when shapes do not fit.
#pragma once

#include <vector>

#include "kernels/backend.h"
#include "nn/tensor.h"
#include "nn/uploaded.h"

namespace bauta {

using Boxes = Uploaded<MosaicBox>;

// --- arithmetic (nn/ops_arithmetic.cpp); a and b of one shape
Tensor axpby(float alpha, const Tensor& a, float beta, const Tensor& b);  // alpha a + beta b
inline Tensor add(const Tensor& a, const Tensor& b) { return axpby(1, a, 1, b); }
inline Tensor sub(const Tensor& a, const Tensor& b) { return axpby(1, a, -1, b); }
Tensor mul(const Tensor& a, const Tensor& b);
Tensor affine(const Tensor& x, float scale, float shift);  // scale x + shift
inline Tensor scale(const Tensor& x, float factor) { return affine(x, factor, 0); }
inline Tensor operator+(const Tensor& a, const Tensor& b) { return add(a, b); }
inline Tensor operator-(const Tensor& a, const Tensor& b) { return sub(a, b); }
inline Tensor operator*(const Tensor& a, const Tensor& b) { return mul(a, b); }
inline Tensor operator*(float factor, const Tensor& x) { return scale(x, factor); }

Tensor reduce_sum(const Tensor& x, Shape to, DType dtype);  // to: 1 in the dimensions that are summed over
inline Tensor reduce_sum(const Tensor& x, Shape to) { return reduce_sum(x, to, x.dtype()); }
Tensor broadcast(const Tensor& x, Shape to, DType dtype);
inline Tensor broadcast(const Tensor& x, Shape to) { return broadcast(x, to, x.dtype()); }
Tensor sum(const Tensor& x);                // (1,1,1,1), float32
Tensor mean(const Tensor& x);               // (1,1,1,1), float32
Tensor reshape(const Tensor& x, Shape to);  // shares the values
Tensor cast(const Tensor& x, DType dtype);  // x itself where it is stored so

Tensor abs(const Tensor& x);
Tensor rsqrt(const Tensor& x);  // 1 / sqrt(x)
Tensor sigmoid(const Tensor& x);
Tensor softplus(const Tensor& x);
Tensor sinh(const Tensor& x);
Tensor cosh(const Tensor& x);
Tensor asinh(const Tensor& x);
Tensor clamp(const Tensor& x, float low, float high);  // gradient 0 where it clamps
// The nearest 8-bit picture value, as a file would hold it. Its gradient is taken to be 1 (straight-through),
// or nothing could be learned through a file.
Tensor round_to_8_bits(const Tensor& x);

// c = op(a) op(b) of matrices (rows, 1, 1, columns)
Tensor matmul(const Tensor& a, Transpose op_a, const Tensor& b, Transpose op_b);

// --- convolution (nn/ops_convolution.cpp); x (N,H,W,C), w (K,R,S,C), y (N,P,Q,K)
Tensor conv2d(const Tensor& x, const Tensor& w, ConvGeometry geometry);
// The gradient of conv2d to its input, input_shape (N,H,W,C); read the other way, a transposed convolution.
Tensor conv2d_input_grad(const Tensor& dy, const Tensor& w, ConvGeometry geometry, Shape input_shape);
Tensor conv2d_weight_grad(const Tensor& x, const Tensor& dy, ConvGeometry geometry, Shape weight_shape);
// Each channel by a filter of its own; x (N,H,W,C), w (1,R,S,C), y (N,P,Q,C).
Tensor depthwise_conv2d(const Tensor& x, const Tensor& w, ConvGeometry geometry);
Tensor bias_add(const Tensor& x, const Tensor& b);  // b (1,1,1,C)
// Across the channels, 1x1, then each channel by itself, 3x3 and as large as before, each with its bias; and
// rectified if wanted. One pass where nothing is recorded and the backend has it
// (kernels/separable_convolution.h), to the same bits.
struct SeparableFilters {
  Tensor across, across_bias;  // (C,1,1,K), (1,1,1,C)
  Tensor each, each_bias;      // (1,3,3,C), (1,1,1,C)
};
Tensor separable_conv2d(const Tensor& x, const SeparableFilters& filters, bool rectified);

// --- normalization, padding, activations, pooling (nn/ops_layers.cpp)
Tensor instance_norm(const Tensor& x, float eps);
// What stands between two convolutions: reflection_pad(leaky_relu(instance_norm(x)) + residual); slope 1 is
// no activation. residual may be nothing, or lie inside a border of its own, which is not read.
Tensor fused_norm(const Tensor& x, float eps, float slope, int padding, const Tensor& residual = {});
Tensor reflection_pad(const Tensor& x, int padding);
Tensor reflection_pad_adjoint(const Tensor& y, int padding);
Tensor leaky_relu(const Tensor& x, float slope);
inline Tensor relu(const Tensor& x) { return leaky_relu(x, 0); }
Tensor prelu(const Tensor& x, const Tensor& slope);  // x > 0 ? x : slope x; slope (1,1,1,C)
Tensor tanh(const Tensor& x);
Tensor avg_pool(const Tensor& x, PoolWindow window);
Tensor max_pool(const Tensor& x, PoolWindow window);

// --- parts of pictures (nn/ops_parts.cpp)
struct Margins {
  int top = 0, bottom = 0, left = 0, right = 0;  // in pixels, none below zero
};
Tensor zero_pad(const Tensor& x, Margins margins);
Tensor crop(const Tensor& x, Margins margins);             // its adjoint: takes the margins off
Tensor concat_channels(const std::vector<Tensor>& parts);  // side by side along C; pictures of one size
Tensor channels(const Tensor& x, int first, int count);    // a range of them: (N,H,W,count)
Tensor upsample_nearest(const Tensor& x, int factor);      // (N,H,W,C) to (N,factor H,factor W,C)

// --- boxes (nn/ops_boxes.cpp); one box an image
Tensor mosaic(const Tensor& x, const Boxes& boxes);
Tensor box_select(const Tensor& inside, const Tensor& outside, const Boxes& boxes);
// The boxes, grown so many times about their centres, cut out and brought to (N,side,side,C); bilinear,
// beyond the picture its edge is repeated.
Tensor box_cut(const Tensor& x, const Boxes& boxes, float growth, int side);

// --- losses (nn/ops_losses.cpp): means over all elements, (1,1,1,1), float32
Tensor l1_loss(const Tensor& a, const Tensor& b);
Tensor lsgan_loss(const Tensor& x, float target);
Tensor log_loss(const Tensor& x, float target);
Tensor wasserstein_loss(const Tensor& x, float sign);

}  // namespace bauta
