// What the CPU's and the card's convolution agree on: which shapes fit together, and the phases of dgrad.
#pragma once

#include <cstdint>

#include "kernels/check.h"
#include "kernels/convolution.h"

namespace bauta::BAUTA_BACKEND {
namespace {

inline void check_fit(const char* operation, const Shape& x, const Shape& y, const Shape& w,
                      ConvGeometry geometry) {
  const auto check = [&](bool fits, const char* rule) {
    if (!fits)
      fail_check(operation, rule, __FILE__, __LINE__, "x ", x, ", y ", y, ", w ", w, ", stride ",
                 geometry.stride, ", padding ", geometry.padding);
  };
  check(geometry.stride >= 1 && geometry.padding >= 0, "stride >= 1, padding >= 0");
  check(x.n == y.n, "as many pictures in x as in y");
  check(w.n == y.c && w.c == x.c, "w (K,R,S,C) has the channels of y (N,P,Q,K) and x (N,H,W,C)");
  check(w.h >= 1 && w.w >= 1, "w has taps");
  check(x.h + 2 * geometry.padding >= w.h && x.w + 2 * geometry.padding >= w.w, "w fits into padded x");
  check(y.h == geometry.output_size(x.h, w.h) && y.w == geometry.output_size(x.w, w.w),
        "y is (x + 2 padding - w) / stride + 1 high and wide");
}

// The taps of one phase of dgrad's rows (or columns). Output h = phase + i * stride meets tap r where
// h + padding - r is a multiple of the stride: r = first, first + stride, ... In the order of growing source
// row, i + top + m, the last tap comes first.
struct Phase {
  std::int64_t stride, first, count, top;

  BAUTA_DEVICE Phase(std::int64_t phase, std::int64_t taps, ConvGeometry geometry)
      : stride(geometry.stride),
        first((phase + geometry.padding) % stride),
        count(first < taps ? (taps - first + stride - 1) / stride : 0),
        top((phase + geometry.padding - first) / stride - (count - 1)) {}
  BAUTA_DEVICE std::int64_t tap(std::int64_t m) const { return first + (count - 1 - m) * stride; }
};

}  // namespace
}  // namespace bauta::BAUTA_BACKEND
