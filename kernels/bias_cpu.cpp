#include "kernels/bias.h"

#include "kernels/parallel_cpu.h"

namespace bauta::BAUTA_BACKEND {

void bias_add(View y, ConstView x, ConstView b, const Context& ctx) {
  const Shape s = x.shape;
  BAUTA_CHECK(y.shape == s, "y is ", y.shape, ", x is ", s);
  BAUTA_CHECK(b.shape == (Shape{1, 1, 1, s.c}), "b is ", b.shape, ", x has ", s.c, " channels");

  const Index channels = s.c, pixels = Index{s.n} * s.h * s.w;
  const Index chunk = larger(1, kChunk / larger(1, channels));
  parallel_for(divide_up(pixels, chunk), count_of(s), ctx, [=](Index i) {
    const float* const bias = b.floats();
    const Index end = smaller(pixels, (i + 1) * chunk);
    for (Index pixel = i * chunk; pixel < end; ++pixel) {
      const float* const from = x.floats() + pixel * channels;
      float* const to = y.floats() + pixel * channels;
#pragma omp simd
      for (Index c = 0; c < channels; ++c) to[c] = from[c] + bias[c];
    }
  });
}

void bias_grad(View db, ConstView dy, GradMode mode, const Context& ctx) {
  const Shape s = dy.shape;
  BAUTA_CHECK(db.shape == (Shape{1, 1, 1, s.c}), "db is ", db.shape, ", dy has ", s.c, " channels");

  // One sum a channel of each chunk of pixels, then the sum of those, chunk by chunk.
  const Index channels = s.c, pixels = Index{s.n} * s.h * s.w;
  const Index chunk = larger(32, kChunk / larger(1, channels)), chunks = divide_up(pixels, chunk);
  float* const partial = ctx.workspace(static_cast<std::size_t>(2 * chunks * channels));
  double* const sums = reinterpret_cast<double*>(partial);

  parallel_for(chunks, count_of(s), ctx, [=](Index i) {
    double* const sum = sums + i * channels;
    for (Index c = 0; c < channels; ++c) sum[c] = 0;
    const Index end = smaller(pixels, (i + 1) * chunk);
    for (Index pixel = i * chunk; pixel < end; ++pixel) {
      const float* const from = dy.floats() + pixel * channels;
#pragma omp simd
      for (Index c = 0; c < channels; ++c) sum[c] += static_cast<double>(from[c]);
    }
  });
  for (Index c = 0; c < channels; ++c) {
    double total = mode == GradMode::Accumulate ? static_cast<double>(db.floats()[c]) : 0.0;
    for (Index i = 0; i < chunks; ++i) total += sums[i * channels + c];
    db.floats()[c] = static_cast<float>(total);
  }
}

}  // namespace bauta::BAUTA_BACKEND
