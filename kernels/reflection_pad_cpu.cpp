#include "kernels/reflection_pad.h"

#include <cstring>

#include "kernels/parallel_cpu.h"

namespace bauta::BAUTA_BACKEND {

namespace {

// Where the padded position i (0 at the first written one) reads in a line of size pixels.
Index reflect(Index i, Index size, Index padding) {
  const Index at = i - padding;
  return at < 0 ? -at : at >= size ? 2 * (size - 1) - at : at;
}

// The places that read position i of a line: itself, and its image in either border. Returns how many.
int images(Index i, Index size, Index padding, Index at[3]) {
  int count = 0;
  at[count++] = i + padding;
  if (i >= 1 && i <= padding) at[count++] = padding - i;
  if (i <= size - 2 && i >= size - 1 - padding) at[count++] = 2 * (size - 1) - i + padding;
  return count;
}

void add(float* to, const float* from, Index count) {
#pragma omp simd
  for (Index i = 0; i < count; ++i) to[i] += from[i];
}

std::size_t bytes(Index floats) { return static_cast<std::size_t>(floats) * sizeof(float); }

}  // namespace

void reflection_pad_forward(View y, ConstView x, int padding, const Context& ctx) {
  const Shape s = x.shape;
  BAUTA_CHECK(padding >= 0 && padding < s.h && padding < s.w, "padding ", padding, " needs more than ", s.h,
              " x ", s.w, " pixels to reflect");
  BAUTA_CHECK(y.shape == (Shape{s.n, s.h + 2 * padding, s.w + 2 * padding, s.c}), "x is ", s, ", padding is ",
              padding, ", y is ", y.shape);

  const Index c = s.c, width = s.w, p = padding, rows = y.shape.h;
  parallel_for(s.n * rows, count_of(y.shape), ctx, [=](Index i) {
    const float* const from = x.floats() + (i / rows * s.h + reflect(i % rows, s.h, p)) * width * c;
    float* const to = y.floats() + i * (width + 2 * p) * c;
    std::memcpy(to + p * c, from, bytes(width * c));
    for (Index k = 0; k < p; ++k) {
      std::memcpy(to + k * c, from + (p - k) * c, bytes(c));
      std::memcpy(to + (p + width + k) * c, from + (width - 2 - k) * c, bytes(c));
    }
  });
}

void reflection_pad_backward(View dx, ConstView dy, int padding, const Context& ctx) {
  const Shape s = dx.shape;
  BAUTA_CHECK(padding >= 0 && padding < s.h && padding < s.w, "padding ", padding, " needs more than ", s.h,
              " x ", s.w, " pixels to reflect");
  BAUTA_CHECK(dy.shape == (Shape{s.n, s.h + 2 * padding, s.w + 2 * padding, s.c}), "dx is ", s,
              ", padding is ", padding, ", dy is ", dy.shape);

  // Each row of dx gathers its rows of dy, so that no two threads write one place.
  const Index c = s.c, width = s.w, p = padding;
  parallel_for(Index{s.n} * s.h, count_of(dy.shape), ctx, [=](Index i) {
    float* const to = dx.floats() + i * width * c;
    Index read_by[3];
    const int readers = images(i % s.h, s.h, p, read_by);
    for (int r = 0; r < readers; ++r) {
      const float* const from = dy.floats() + (i / s.h * (s.h + 2 * p) + read_by[r]) * (width + 2 * p) * c;
      if (r == 0)
        std::memcpy(to, from + p * c, bytes(width * c));
      else
        add(to, from + p * c, width * c);
      for (Index k = 0; k < p; ++k) {
        add(to + (p - k) * c, from + k * c, c);
        add(to + (width - 2 - k) * c, from + (p + width + k) * c, c);
      }
    }
  });
}

}  // namespace bauta::BAUTA_BACKEND
