#include "kernels/bias.h"

#include "kernels/channel_sums_cpu.h"

namespace bauta::BAUTA_BACKEND {

namespace {

constexpr Index kRun = 256;  // floats

}  // namespace

void bias_add(View y, ConstView x, ConstView b, const Context& ctx) {
  const Shape s = x.shape;
  BAUTA_CHECK(y.shape == s, "y is ", y.shape, ", x is ", s);
  BAUTA_CHECK(b.shape == (Shape{1, 1, 1, s.c}), "b is ", b.shape, ", x has ", s.c, " channels");

  const Index channels = s.c, pixels = Index{s.n} * s.h * s.w;
  const Index chunk = larger(1, kChunk / larger(1, channels));
  parallel_for(divide_up(pixels, chunk), count_of(s), ctx, [=](Index i) {
    const float* const bias = b.floats();
    const Index end = smaller(pixels, (i + 1) * chunk);
    // Several pixels at a time where they are narrow, their bias as often.
    float repeated[kRun];
    const Index together = larger(1, smaller(kRun / larger(1, channels), end - i * chunk));
    if (together > 1)
      for (Index k = 0; k < together * channels; ++k) repeated[k] = bias[k % channels];
    const float* const added = together > 1 ? repeated : bias;
    for (Index pixel = i * chunk; pixel < end; pixel += together) {
      const float* const from = x.floats() + pixel * channels;
      float* const to = y.floats() + pixel * channels;
      const Index count = smaller(together, end - pixel) * channels;
#pragma omp simd
      for (Index k = 0; k < count; ++k) to[k] = from[k] + added[k];
    }
  });
}

void bias_grad(View db, ConstView dy, GradMode mode, const Context& ctx) {
  const Shape s = dy.shape;
  BAUTA_CHECK(db.shape == (Shape{1, 1, 1, s.c}), "db is ", db.shape, ", dy has ", s.c, " channels");

  sum_channels(db.floats(), Index{s.n} * s.h * s.w, s.c, mode, ctx,
               [dy = dy.floats()](Index i) { return dy[i]; });
}

}  // namespace bauta::BAUTA_BACKEND
