// Rows of pictures with a reflected border, on the CPU. Included by *_cpu.cpp only.
#pragma once

#include <cstring>

#include "kernels/parallel_cpu.h"
#include "kernels/reflection.h"

namespace bauta::BAUTA_BACKEND {
namespace {

// Pictures without channels have no memory, which memcpy and memset must not see.
inline void copy(float* to, const float* from, Index count) {
  if (count > 0) std::memcpy(to, from, static_cast<std::size_t>(count) * sizeof(float));
}
inline void clear(float* to, Index count) {
  if (count > 0) std::memset(to, 0, static_cast<std::size_t>(count) * sizeof(float));
}

inline void add(float* to, const float* from, Index count) {
#pragma omp simd
  for (Index i = 0; i < count; ++i) to[i] += from[i];
}

// to (+)= the sum of padded over every place that shows pixels [begin, end) of row h; inside is the picture's
// shape, padded (H+2p, W+2p, C) of the same picture.
inline void gather_row(float* to, const float* padded, Index h, Index begin, Index end, const Shape& inside,
                       int padding, GradMode mode) {
  const Index c = inside.c, width = inside.w, p = padding, outer = width + 2 * p;
  const Shown rows(static_cast<int>(h), inside.h, padding);
  for (int m = 0; m < 3; ++m) {
    if (rows[m] < 0) continue;
    const float* const row = padded + rows[m] * outer * c;
    if (m == 0 && mode == GradMode::Overwrite)
      copy(to, row + (p + begin) * c, (end - begin) * c);
    else
      add(to, row + (p + begin) * c, (end - begin) * c);
    for (Index w = larger(begin, 1); w < smaller(end, p + 1); ++w)
      add(to + (w - begin) * c, row + (p - w) * c, c);
    for (Index w = larger(begin, width - 1 - p); w < smaller(end, width - 1); ++w)
      add(to + (w - begin) * c, row + (2 * (width - 1) - w + p) * c, c);
  }
}

// The inside of row h of a padded picture is written: its border follows, and every other row that shows it.
inline void reflect_row(float* padded, Index h, const Shape& inside, int padding) {
  const Index c = inside.c, width = inside.w, p = padding, outer = (width + 2 * p) * c;
  const Shown rows(static_cast<int>(h), inside.h, padding);
  float* const row = padded + rows.self * outer;
  for (Index k = 0; k < p; ++k) {
    copy(row + k * c, row + (2 * p - k) * c, c);
    copy(row + (p + width + k) * c, row + (p + width - 2 - k) * c, c);
  }
  for (int m = 1; m < 3; ++m)
    if (rows[m] >= 0) copy(padded + rows[m] * outer, row, outer);
}

// The same with zeros.
inline void clear_around_row(float* padded, Index h, const Shape& inside, int padding) {
  const Index side = Index{padding} * inside.c, outer = Index{inside.w} * inside.c + 2 * side;
  const Shown rows(static_cast<int>(h), inside.h, padding);
  float* const row = padded + rows.self * outer;
  clear(row, side);
  clear(row + outer - side, side);
  for (int m = 1; m < 3; ++m)
    if (rows[m] >= 0) clear(padded + rows[m] * outer, outer);
}

}  // namespace
}  // namespace bauta::BAUTA_BACKEND
