// What the CPU's and the card's depthwise convolution agree on: which shapes fit together, and a filter's
// taps as windows over the picture's rows and columns.
#pragma once

#include "kernels/convolution_shapes.h"
#include "kernels/depthwise_convolution.h"
#include "kernels/pooling_window.h"

namespace bauta::BAUTA_BACKEND {
namespace {

inline void check_depthwise(const char* operation, const Shape& x, const Shape& y, const Shape& w,
                            ConvGeometry geometry) {
  if (w.n != 1 || w.c != x.c || y.c != x.c)
    fail_check(operation, "w is (1,R,S,C), x and y have its channels", __FILE__, __LINE__, "x ", x, ", y ", y,
               ", w ", w);
  check_fit(operation, x, y, {y.c, w.h, w.w, x.c}, geometry);
}

struct Windows {
  PoolWindow down, across;

  Windows(const Shape& w, ConvGeometry geometry)
      : down{w.h, geometry.stride, geometry.padding}, across{w.w, geometry.stride, geometry.padding} {}
};

// The tap of window i under position `at` of the line.
template <class Integer>
BAUTA_DEVICE Integer tap_at(Integer at, Integer i, const PoolWindow& window) {
  return at + window.padding - i * window.stride;
}

}  // namespace
}  // namespace bauta::BAUTA_BACKEND
