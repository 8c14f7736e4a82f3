// Element by element: kernels/parallel_gpu.h has the map. Each thread moves 2 x 16 bytes of every tensor,
// neighbours in a warp neighbouring addresses.
//   Floor, in bytes an element of storage s: fill s, one input 2s, two inputs 3s; convert 6 where it is not
//   2s.
#include "kernels/elementwise.h"

#include "kernels/parallel_gpu.h"
#include "kernels/picture_bytes.h"

namespace bauta::BAUTA_BACKEND {

void fill(View y, float value, const Context& ctx) {
  map(__func__, ctx, y, [value] __device__() { return value; });
}

void axpby(View y, float alpha, ConstView a, float beta, ConstView b, const Context& ctx) {
  BAUTA_CHECK(y.shape == a.shape && y.shape == b.shape, "y is ", y.shape, ", a is ", a.shape, ", b is ",
              b.shape);
  map(
      __func__, ctx, y, [alpha, beta] __device__(float p, float q) { return alpha * p + beta * q; }, a, b);
}

void affine(View y, ConstView x, float scale, float shift, const Context& ctx) {
  BAUTA_CHECK(y.shape == x.shape, "y is ", y.shape, ", x is ", x.shape);
  map(
      __func__, ctx, y, [scale, shift] __device__(float v) { return scale * v + shift; }, x);
}

void multiply(View y, ConstView a, ConstView b, const Context& ctx) {
  BAUTA_CHECK(y.shape == a.shape && y.shape == b.shape, "y is ", y.shape, ", a is ", a.shape, ", b is ",
              b.shape);
  map(
      __func__, ctx, y, [] __device__(float p, float q) { return p * q; }, a, b);
}

void clamp(View y, ConstView x, float low, float high, const Context& ctx) {
  BAUTA_CHECK(y.shape == x.shape, "y is ", y.shape, ", x is ", x.shape);
  BAUTA_CHECK(low <= high, "the bounds are ", low, " and ", high);
  map(
      __func__, ctx, y, [low, high] __device__(float v) { return v < low    ? low
                                                                 : v > high ? high
                                                                            : v; }, x);
}

void convert(View y, ConstView x, const Context& ctx) {
  BAUTA_CHECK(y.shape == x.shape, "y is ", y.shape, ", x is ", x.shape);
  const auto same = [] __device__(float v) { return v; };
  with_storage(x.dtype, [&](auto* of_x) {
    with_storage(y.dtype, [&](auto* of_y) {
      map_between<std::remove_pointer_t<decltype(of_y)>, std::remove_pointer_t<decltype(of_x)>>(
          "convert", ctx, y, same, x);
    });
  });
}

void unary(View y, ConstView x, UnaryOp op, const Context& ctx) {
  BAUTA_CHECK(y.shape == x.shape, "y is ", y.shape, ", x is ", x.shape);
  switch (op) {
    case UnaryOp::Abs:
      return map(
          __func__, ctx, y, [] __device__(float v) { return fabsf(v); }, x);
    case UnaryOp::Sign:
      return map(
          __func__, ctx, y, [] __device__(float v) { return static_cast<float>((v > 0) - (v < 0)); }, x);
    case UnaryOp::Rsqrt:
      return map(
          __func__, ctx, y, [] __device__(float v) { return rsqrtf(v); }, x);
    case UnaryOp::Sigmoid:  // exp is only ever taken of something negative, and cannot overflow
      return map(
          __func__, ctx, y,
          [] __device__(float v) {
            const float e = expf(-fabsf(v));
            return (v >= 0 ? 1.0f : e) / (1.0f + e);
          },
          x);
    case UnaryOp::Softplus:
      return map(
          __func__, ctx, y, [] __device__(float v) { return (v > 0 ? v : 0.0f) + log1pf(expf(-fabsf(v))); },
          x);
    case UnaryOp::Sinh:
      return map(
          __func__, ctx, y, [] __device__(float v) { return sinhf(v); }, x);
    case UnaryOp::Cosh:
      return map(
          __func__, ctx, y, [] __device__(float v) { return coshf(v); }, x);
    case UnaryOp::Asinh:
      return map(
          __func__, ctx, y, [] __device__(float v) { return asinhf(v); }, x);
    case UnaryOp::RoundTo8Bits:
      return map(
          __func__, ctx, y, [] __device__(float v) { return from_byte(to_byte(v)); }, x);
  }
  BAUTA_CHECK(false, "no operation has the number ", static_cast<int>(op));
}

}  // namespace bauta::BAUTA_BACKEND
