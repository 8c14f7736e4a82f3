#include "kernels/reflection_pad.h"

#include "kernels/reflection_cpu.h"

namespace bauta::BAUTA_BACKEND {

void reflection_pad_forward(View y, ConstView x, int padding, const Context& ctx) {
  const Shape s = x.shape;
  BAUTA_CHECK(padding >= 0 && padding < s.h && padding < s.w, "padding ", padding, " needs more than ", s.h,
              " x ", s.w, " pixels to reflect");
  BAUTA_CHECK(y.shape == (Shape{s.n, s.h + 2 * padding, s.w + 2 * padding, s.c}), "x is ", s, ", padding is ",
              padding, ", y is ", y.shape);

  const Index row = Index{s.w} * s.c, outer = Index{y.shape.w} * s.c;
  parallel_for(Index{s.n} * s.h, count_of(y.shape), ctx, [=](Index i) {
    float* const padded = y.floats() + i / s.h * y.shape.h * outer;
    copy(padded + (i % s.h + padding) * outer + Index{padding} * s.c, x.floats() + i * row, row);
    reflect_row(padded, i % s.h, s, padding);
  });
}

void reflection_pad_backward(View dx, ConstView dy, int padding, const Context& ctx) {
  const Shape s = dx.shape;
  BAUTA_CHECK(padding >= 0 && padding < s.h && padding < s.w, "padding ", padding, " needs more than ", s.h,
              " x ", s.w, " pixels to reflect");
  BAUTA_CHECK(dy.shape == (Shape{s.n, s.h + 2 * padding, s.w + 2 * padding, s.c}), "dx is ", s,
              ", padding is ", padding, ", dy is ", dy.shape);

  // Each row of dx gathers its rows of dy, so that no two threads write one place.
  const Index row = Index{s.w} * s.c, picture = Index{dy.shape.h} * dy.shape.w * s.c;
  parallel_for(Index{s.n} * s.h, count_of(dy.shape), ctx, [=](Index i) {
    gather_row(dx.floats() + i * row, dy.floats() + i / s.h * picture, i % s.h, 0, s.w, s, padding,
               GradMode::Overwrite);
  });
}

}  // namespace bauta::BAUTA_BACKEND
