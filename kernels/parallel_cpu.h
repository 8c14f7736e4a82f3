// What the CPU kernels share: how work is cut into pieces. The cuts depend on sizes alone, never on the
// thread count, so that every kernel computes the same bits on any number of threads.
#pragma once

#include <cstddef>

#include "kernels/check.h"
#include "kernels/launcher.h"

namespace bauta::BAUTA_BACKEND {
namespace {

using Index = std::ptrdiff_t;

// Elements in one piece of work. A tensor of fewer is not worth waking threads for.
constexpr Index kChunk = 16384;

constexpr Index divide_up(Index a, Index b) { return (a + b - 1) / b; }
constexpr Index smaller(Index a, Index b) { return a < b ? a : b; }
constexpr Index larger(Index a, Index b) { return a > b ? a : b; }
constexpr Index count_of(const Shape& shape) { return static_cast<Index>(shape.count()); }

// body(i) for each i in [0, items). elements: how many the items touch in all.
template <class Body>
inline void parallel_for(Index items, Index elements, const Context& ctx, const Body& body) {
  const int threads = elements < kChunk ? 1 : static_cast<int>(smaller(ctx.threads(), items));
#pragma omp parallel for schedule(static) num_threads(threads) if (threads > 1)
  for (Index i = 0; i < items; ++i) body(i);
}

// body(begin, end) for consecutive ranges that cover [0, count).
template <class Body>
inline void parallel_ranges(Index count, const Context& ctx, const Body& body) {
  parallel_for(divide_up(count, kChunk), count, ctx,
               [&](Index i) { body(i * kChunk, smaller(count, (i + 1) * kChunk)); });
}

// y[i] = f(i) for each i in [0, count), f a plain expression: these loops vectorize.
template <class Function>
inline void parallel_map(float* y, Index count, const Context& ctx, const Function& f) {
  parallel_ranges(count, ctx, [&](Index begin, Index end) {
    // Copies in registers: the compiler need not fear that y overwrites them.
    float* const out = y;
    const Function function = f;
#pragma omp simd
    for (Index i = begin; i < end; ++i) out[i] = function(i);
  });
}

}  // namespace
}  // namespace bauta::BAUTA_BACKEND
