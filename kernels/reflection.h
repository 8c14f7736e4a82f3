// Which pixel a reflected border shows, and where a pixel is shown. Included by *_cpu.cpp and *.cu only: all
// names are local to the file.
#pragma once

#include "kernels/bfloat16.h"
#include "kernels/launcher.h"

namespace bauta::BAUTA_BACKEND {
namespace {

// The pixel that the padded position i (0 at the first written one) shows, in a line of size pixels.
BAUTA_DEVICE constexpr int reflect(int i, int size, int padding) {
  const int at = i - padding;
  return at < 0 ? -at : at >= size ? 2 * (size - 1) - at : at;
}

// The padded positions that show pixel i of a line: itself, and its image in the first and the last border,
// negative where there is none.
struct Shown {
  int self, first, last;

  BAUTA_DEVICE constexpr Shown(int i, int size, int padding)
      : self(i + padding),
        first(i >= 1 && i <= padding ? padding - i : -1),
        last(i <= size - 2 && i >= size - 1 - padding ? 2 * (size - 1) - i + padding : -1) {}
  BAUTA_DEVICE constexpr bool once() const { return first < 0 && last < 0; }
  // The m-th of the three.
  BAUTA_DEVICE constexpr int operator[](int m) const { return m == 0 ? self : m == 1 ? first : last; }
};

// f(row, column) for each place in the borders that shows the pixel.
template <class Function>
[[gnu::always_inline]] BAUTA_DEVICE inline void for_images(const Shown& rows, const Shown& columns,
                                                           const Function& f) {
  if (rows.once() && columns.once()) return;
  for (int m = 1; m < 9; ++m) {
    const int row = rows[m / 3], column = columns[m % 3];
    if (row >= 0 && column >= 0) f(row, column);
  }
}

}  // namespace
}  // namespace bauta::BAUTA_BACKEND
