#include "kernels/prelu.h"

#include "kernels/channel_sums_cpu.h"

namespace bauta::BAUTA_BACKEND {

void prelu_gate(View y, ConstView values, ConstView x, ConstView slope, float above, const Context& ctx) {
  const Shape s = x.shape;
  BAUTA_CHECK(y.shape == s && values.shape == s, "y is ", y.shape, ", values is ", values.shape, ", x is ",
              s);
  BAUTA_CHECK(slope.shape == (Shape{1, 1, 1, s.c}), "slope is ", slope.shape, ", x has ", s.c, " channels");

  const Index channels = s.c, pixels = Index{s.n} * s.h * s.w;
  const Index chunk = larger(1, kChunk / larger(1, channels));
  parallel_for(divide_up(pixels, chunk), count_of(s), ctx, [=](Index i) {
    const float* const below = slope.floats();
    const float factor = above;  // in a register: no store to y can change it
    const Index end = smaller(pixels, (i + 1) * chunk);
    for (Index pixel = i * chunk; pixel < end; ++pixel) {
      const float* const from = values.floats() + pixel * channels;
      const float* const gate = x.floats() + pixel * channels;
      float* const to = y.floats() + pixel * channels;
#pragma omp simd
      for (Index c = 0; c < channels; ++c) to[c] = from[c] * (gate[c] > 0 ? factor : below[c]);
    }
  });
}

void prelu_slope_grad(View dslope, ConstView dy, ConstView values, ConstView x, GradMode mode,
                      const Context& ctx) {
  const Shape s = x.shape;
  BAUTA_CHECK(dy.shape == s && values.shape == s, "dy is ", dy.shape, ", values is ", values.shape, ", x is ",
              s);
  BAUTA_CHECK(dslope.shape == (Shape{1, 1, 1, s.c}), "dslope is ", dslope.shape, ", x has ", s.c,
              " channels");
  sum_channels(dslope.floats(), Index{s.n} * s.h * s.w, s.c, mode, ctx,
               [dy = dy.floats(), values = values.floats(), x = x.floats()](Index i) {
                 return x[i] > 0 ? 0.0f : dy[i] * values[i];
               });
}

}  // namespace bauta::BAUTA_BACKEND
