// Sums a channel over all pixels: what bias_cpu.cpp and prelu_cpu.cpp share.
#pragma once

#include "kernels/parallel_cpu.h"

namespace bauta::BAUTA_BACKEND {
namespace {

// to[c] = or += the sum over the pixels of element(pixel * channels + c), in double: one sum a channel of
// each chunk of pixels, then the sum of those, chunk by chunk. element is a plain expression.
template <class Element>
inline void sum_channels(float* to, Index pixels, Index channels, GradMode mode, const Context& ctx,
                         const Element& element) {
  const Index chunk = larger(32, kChunk / larger(1, channels)), chunks = divide_up(pixels, chunk);
  float* const partial = ctx.workspace(static_cast<std::size_t>(2 * chunks * channels));
  double* const sums = reinterpret_cast<double*>(partial);

  parallel_for(chunks, pixels * channels, ctx, [=](Index i) {
    double* const sum = sums + i * channels;
    for (Index c = 0; c < channels; ++c) sum[c] = 0;
    const Index end = smaller(pixels, (i + 1) * chunk);
    for (Index pixel = i * chunk; pixel < end; ++pixel) {
      const Index first = pixel * channels;
#pragma omp simd
      for (Index c = 0; c < channels; ++c) sum[c] += static_cast<double>(element(first + c));
    }
  });
  for (Index c = 0; c < channels; ++c) {
    double total = mode == GradMode::Accumulate ? static_cast<double>(to[c]) : 0.0;
    for (Index i = 0; i < chunks; ++i) total += sums[i * channels + c];
    to[c] = static_cast<float>(total);
  }
}

}  // namespace
}  // namespace bauta::BAUTA_BACKEND
