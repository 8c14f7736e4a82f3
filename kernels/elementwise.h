// Arithmetic, element by element; all views of one shape and, but for convert, stored alike, or CheckError;
// outputs may be inputs (in place; not where convert changes the storage).
#pragma once

#include "kernels/launcher.h"

namespace bauta {

enum class UnaryOp {
  Abs,
  Sign,      // -1, 0, 1
  Rsqrt,     // 1 / sqrt(x)
  Sigmoid,   // 1 / (1 + exp(-x)), without overflow
  Softplus,  // log(1 + exp(x)), without overflow
  Sinh,
  Cosh,
  Asinh,
  RoundTo8Bits,  // the nearest picture value: [-1, 1] in 255 equal steps, clamped
};

namespace BAUTA_BACKEND {

void fill(View y, float value, const Context& ctx);
void axpby(View y, float alpha, ConstView a, float beta, ConstView b,
           const Context& ctx);                                                  // alpha a + beta b
void affine(View y, ConstView x, float scale, float shift, const Context& ctx);  // scale x + shift
void multiply(View y, ConstView a, ConstView b, const Context& ctx);
void clamp(View y, ConstView x, float low, float high, const Context& ctx);
void unary(View y, ConstView x, UnaryOp op, const Context& ctx);
void convert(View y, ConstView x, const Context& ctx);  // x, stored as y is

}  // namespace BAUTA_BACKEND
}  // namespace bauta
