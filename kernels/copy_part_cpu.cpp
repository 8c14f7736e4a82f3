#include "kernels/copy_part_checks.h"
#include "kernels/parallel_cpu.h"

namespace bauta::BAUTA_BACKEND {

namespace {

void copy(float* to, const float* from, Index count) {
#pragma omp simd
  for (Index i = 0; i < count; ++i) to[i] = from[i];
}
void clear(float* to, Index count) {
  for (Index i = 0; i < count; ++i) to[i] = 0;
}

}  // namespace

void copy_part(View to, ConstView from, Part part, Rest rest, const Context& ctx) {
  check_part(to, from, part);
  const Shape t = to.shape, s = from.shape;
  const bool zeros = rest == Rest::Zero;
  parallel_for(Index{t.n} * t.h, count_of(t), ctx, [=](Index i) {
    const Index n = i / t.h, h = i % t.h - part.in_to.h, row = Index{t.w} * t.c;
    float* const line = to.floats() + i * row;
    const bool holds = h >= 0 && h < part.height;
    if (!holds) {
      if (zeros) clear(line, row);
      return;
    }
    const float* source =
        from.floats() + ((n * s.h + part.in_from.h + h) * s.w + part.in_from.w) * s.c + part.in_from.c;
    const Index first = Index{part.in_to.w} * t.c, end = first + Index{part.width} * t.c;
    if (zeros) {
      clear(line, first);
      clear(line + end, row - end);
    }
    if (part.channels == t.c && part.channels == s.c) return copy(line + first, source, end - first);
    for (Index at = first; at < end; at += t.c, source += s.c) {
      const Index before = part.in_to.c, after = before + part.channels;
      copy(line + at + before, source, part.channels);
      if (zeros) {
        clear(line + at, before);
        clear(line + at + after, t.c - after);
      }
    }
  });
}

}  // namespace bauta::BAUTA_BACKEND
