#include "kernels/elementwise.h"

#include <cmath>

#include "kernels/parallel_cpu.h"
#include "kernels/picture_bytes.h"

namespace bauta::BAUTA_BACKEND {

namespace {

float sign(float x) { return static_cast<float>((x > 0) - (x < 0)); }

// exp is only ever taken of something negative, and cannot overflow.
float sigmoid(float x) {
  const float e = std::exp(-std::abs(x));
  return (x >= 0 ? 1.0f : e) / (1.0f + e);
}

float softplus(float x) { return (x > 0 ? x : 0.0f) + std::log1p(std::exp(-std::abs(x))); }

}  // namespace

void fill(View y, float value, const Context& ctx) {
  parallel_map(y.floats(), count_of(y.shape), ctx, [=](Index) { return value; });
}

void axpby(View y, float alpha, ConstView a, float beta, ConstView b, const Context& ctx) {
  BAUTA_CHECK(y.shape == a.shape && y.shape == b.shape, "y is ", y.shape, ", a is ", a.shape, ", b is ",
              b.shape);
  parallel_map(y.floats(), count_of(y.shape), ctx,
               [=, a = a.floats(), b = b.floats()](Index i) { return alpha * a[i] + beta * b[i]; });
}

void affine(View y, ConstView x, float scale, float shift, const Context& ctx) {
  BAUTA_CHECK(y.shape == x.shape, "y is ", y.shape, ", x is ", x.shape);
  parallel_map(y.floats(), count_of(y.shape), ctx,
               [=, x = x.floats()](Index i) { return scale * x[i] + shift; });
}

void multiply(View y, ConstView a, ConstView b, const Context& ctx) {
  BAUTA_CHECK(y.shape == a.shape && y.shape == b.shape, "y is ", y.shape, ", a is ", a.shape, ", b is ",
              b.shape);
  parallel_map(y.floats(), count_of(y.shape), ctx,
               [a = a.floats(), b = b.floats()](Index i) { return a[i] * b[i]; });
}

void clamp(View y, ConstView x, float low, float high, const Context& ctx) {
  BAUTA_CHECK(y.shape == x.shape, "y is ", y.shape, ", x is ", x.shape);
  BAUTA_CHECK(low <= high, "the bounds are ", low, " and ", high);
  parallel_map(y.floats(), count_of(y.shape), ctx, [=, x = x.floats()](Index i) {
    return x[i] < low ? low : x[i] > high ? high : x[i];
  });
}

// The CPU knows one storage: float32 as float32.
void convert(View y, ConstView x, const Context& ctx) {
  BAUTA_CHECK(y.shape == x.shape, "y is ", y.shape, ", x is ", x.shape);
  parallel_map(y.floats(), count_of(y.shape), ctx, [x = x.floats()](Index i) { return x[i]; });
}

void unary(View y, ConstView x, UnaryOp op, const Context& ctx) {
  BAUTA_CHECK(y.shape == x.shape, "y is ", y.shape, ", x is ", x.shape);
  const auto map = [&](auto function) {
    parallel_map(y.floats(), count_of(y.shape), ctx, [=, x = x.floats()](Index i) { return function(x[i]); });
  };
  switch (op) {
    case UnaryOp::Abs:
      return map([](float v) { return std::abs(v); });
    case UnaryOp::Sign:
      return map([](float v) { return sign(v); });
    case UnaryOp::Rsqrt:
      return map([](float v) { return 1.0f / std::sqrt(v); });
    case UnaryOp::Sigmoid:
      return map([](float v) { return sigmoid(v); });
    case UnaryOp::Softplus:
      return map([](float v) { return softplus(v); });
    case UnaryOp::Sinh:
      return map([](float v) { return std::sinh(v); });
    case UnaryOp::Cosh:
      return map([](float v) { return std::cosh(v); });
    case UnaryOp::Asinh:
      return map([](float v) { return std::asinh(v); });
    case UnaryOp::RoundTo8Bits:
      return map([](float v) { return from_byte(to_byte(v)); });
  }
  BAUTA_CHECK(false, "no operation has the number ", static_cast<int>(op));
}

}  // namespace bauta::BAUTA_BACKEND
