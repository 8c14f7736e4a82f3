// What Winograd's convolutions share, whatever their tiles: products with small constant matrices from both
// sides, one vector of channels at a time, and the tiles of a picture.
//
// The matrices evaluate polynomials at 0, at pairs of points p and -p, and at infinity. What p and -p make of
// a polynomial's even part is the same, and of its odd part but for the sign, so pairs of rows share their
// work.
#pragma once

#include "kernels/convolution_window.h"

namespace bauta::BAUTA_BACKEND {
namespace {

// Rows 1 and 2, 3 and 4: the same but for the sign of odd columns.
template <int kRows, int kColumns>
constexpr bool has_pairs(const float (&m)[kRows][kColumns]) {
  for (int i = 1; i + 1 < kRows; i += 2)
    for (int t = 0; t < kColumns; ++t)
      if (m[i + 1][t] != (t % 2 ? -m[i][t] : m[i][t])) return false;
  return true;
}
// out = m in, one vector of channels at a time. Unrolled, the zeros of m cost nothing.
template <int kRows, int kColumns>
[[gnu::always_inline]] inline void multiply(Vector (&out)[kRows], const float (&m)[kRows][kColumns],
                                            const Vector (&in)[kColumns]) {
#pragma GCC unroll 8
  for (int i = 0; i < kRows; i += i % (kRows - 1) == 0 ? 1 : 2) {
    Vector parts[2] = {};
#pragma GCC unroll 8
    for (int t = 0; t < kColumns; ++t)
      if (m[i][t] != 0) parts[t % 2] += m[i][t] * in[t];
    out[i] = parts[0] + parts[1];
    if (i % (kRows - 1) != 0) out[i + 1] = parts[0] - parts[1];
  }
}

// out = m^T in.
template <int kRows, int kColumns>
[[gnu::always_inline]] inline void multiply_transposed(Vector (&out)[kColumns],
                                                       const float (&m)[kRows][kColumns],
                                                       const Vector (&in)[kRows]) {
  Vector parts[2][kRows];  // of pairs: sums and differences
#pragma GCC unroll 8
  for (int i = 1; i + 1 < kRows; i += 2) {
    parts[0][i] = in[i] + in[i + 1];
    parts[1][i] = in[i] - in[i + 1];
  }
#pragma GCC unroll 8
  for (int t = 0; t < kColumns; ++t) {
    Vector sum{};
    if (m[0][t] != 0) sum += m[0][t] * in[0];
#pragma GCC unroll 8
    for (int i = 1; i + 1 < kRows; i += 2)
      if (m[i][t] != 0) sum += m[i][t] * parts[t % 2][i];
    if (m[kRows - 1][t] != 0) sum += m[kRows - 1][t] * in[kRows - 1];
    out[t] = sum;
  }
}

// m X m^T, X(i, j) = in(i, j); each row i of the result, once it is there, to out(i, row).
template <int kRows, int kColumns, class In, class Out>
[[gnu::always_inline]] inline void transform(const float (&m)[kRows][kColumns], const In& in,
                                             const Out& out) {
  Vector half[kRows][kColumns];
#pragma GCC unroll 8
  for (int j = 0; j < kColumns; ++j) {
    Vector column[kColumns], result[kRows];
#pragma GCC unroll 8
    for (int i = 0; i < kColumns; ++i) column[i] = in(i, j);
    multiply(result, m, column);
#pragma GCC unroll 8
    for (int i = 0; i < kRows; ++i) half[i][j] = result[i];
  }
#pragma GCC unroll 8
  for (int i = 0; i < kRows; ++i) {
    Vector row[kRows];
    multiply(row, m, half[i]);
    out(i, row);
  }
}

// m^T X m, likewise.
template <int kRows, int kColumns, class In, class Out>
[[gnu::always_inline]] inline void transform_back(const float (&m)[kRows][kColumns], const In& in,
                                                  const Out& out) {
  Vector half[kColumns][kRows];
#pragma GCC unroll 8
  for (int j = 0; j < kRows; ++j) {
    Vector column[kRows], result[kColumns];
#pragma GCC unroll 8
    for (int i = 0; i < kRows; ++i) column[i] = in(i, j);
    multiply_transposed(result, m, column);
#pragma GCC unroll 8
    for (int i = 0; i < kColumns; ++i) half[i][j] = result[i];
  }
#pragma GCC unroll 8
  for (int i = 0; i < kColumns; ++i) {
    Vector row[kColumns];
    multiply_transposed(row, m, half[i]);
    out(i, row);
  }
}

// Floats from one entry of the transforms to the next: an odd number of cache lines, or the 36 that are
// written and read together would all share the same ways.
constexpr Index entry_pitch(Index floats) { return floats + 16 - floats / 16 % 2 * 16; }

// Tiles of kOut x kOut side by side in rows x columns positions of y.
template <int kOut>
struct Tiles {
  Index down, across, count;

  Tiles(Index pictures, Index rows, Index columns)
      : down(ceil_div(rows, kOut)), across(ceil_div(columns, kOut)), count(pictures * down * across) {}
  Index picture(Index tile) const { return tile / (down * across); }
  Index row(Index tile) const { return tile / across % down * kOut; }
  Index column(Index tile) const { return tile % across * kOut; }
};

// How threads share a correlation: blocks of tiles, in groups of as many as the innermost product takes; and
// where those are few, channels of y, in parts of whole panels. For each part x's tiles are transformed anew,
// which is little beside a panel's products.
struct Shares {
  Index groups, panels;  // of a block, of a part

  // most: groups that a block may have. As few blocks as that and an even end for all threads allow, all
  // about as large; one, if channels alone are enough for the threads: then the weights pass by once.
  Shares(Index all_groups, Index most, Index all_panels, Index threads) {
    const bool together = all_groups <= most && all_panels >= threads;
    const Index wanted = together ? all_groups : smaller(most, all_groups / (4 * threads));
    const Index blocks = larger(1, ceil_div(all_groups, larger(1, wanted)));
    groups = larger(1, ceil_div(all_groups, blocks));
    panels = threads == 1 ? all_panels : ceil_div(all_panels, smaller(all_panels, ceil_div(threads, blocks)));
  }
};

// Worth it, and whole vectors only.
inline bool winograd_fits(Index taps_h, Index taps_w, Index stride, Index inputs, Index channels,
                          Index positions) {
  return taps_h == 3 && taps_w == 3 && stride == 1 && inputs % 16 == 0 && channels % 16 == 0 &&
         inputs >= 32 && channels >= 32 && positions >= 256;
}
inline bool winograd_fits(const Correlation& task) {
  return winograd_fits(task.taps_h, task.taps_w, task.stride, task.x.shape.c, task.channels,
                       task.x.shape.n * task.rows * task.columns);
}

// The pixels of a kSize x kSize square of picture n.
template <int kSize>
class Pixels {
 public:
  Pixels(ConstView x, Index n, Index top, Index left)
      : row_(Index{x.shape.w} * x.shape.c),
        column_(x.shape.c),
        first_(x.floats() + (n * x.shape.h + top) * row_ + left * column_),
        rows_{larger(0, -top), smaller(kSize, x.shape.h - top)},
        columns_{larger(0, -left), smaller(kSize, x.shape.w - left)},
        inside_(rows_[0] == 0 && rows_[1] == kSize && columns_[0] == 0 && columns_[1] == kSize) {}

  bool inside() const { return inside_; }
  // Those of one vector of channels, where all are inside; else zeros stand for what is not.
  template <bool kInside>
  [[gnu::always_inline]] Vector at(Index i, Index j, Index c) const {
    if (!kInside && (i < rows_[0] || i >= rows_[1] || j < columns_[0] || j >= columns_[1])) return Vector{};
    return load(first_ + i * row_ + j * column_ + c);
  }
  // What the next tile to the right sees beyond these, for the same channels: rows of a picture lie so far
  // apart that no cache foresees them.
  template <int kNew>
  [[gnu::always_inline]] void prefetch_next(Index c) const {
#pragma GCC unroll 8
    for (Index i = 0; i < kSize; ++i)
#pragma GCC unroll 8
      for (Index j = 0; j < kNew; ++j) __builtin_prefetch(first_ + i * row_ + (kSize + j) * column_ + c);
  }

 private:
  Index row_, column_;
  const float* first_;
  Index rows_[2], columns_[2];
  bool inside_;
};

// m X m^T of the square of pixels, a vector of channels at a time: row i of that of channels c, c + 1, ... to
// put(c, i, row).
template <int kRows, int kColumns, class Put>
inline void transform_pixels(const float (&m)[kRows][kColumns], ConstView x, Index n, Index top, Index left,
                             const Put& put) {
  const Pixels<kColumns> pixels(x, n, top, left);
  for (Index c = 0; c < x.shape.c; c += kLanes) {
    const auto put_row = [&](int i, const Vector(&row)[kRows]) { put(c, i, row); };
    pixels.template prefetch_next<kColumns - 2>(c);
    if (pixels.inside())
      transform(
          m, [&](int i, int j) { return pixels.template at<true>(i, j, c); }, put_row);
    else
      transform(
          m, [&](int i, int j) { return pixels.template at<false>(i, j, c); }, put_row);
  }
}

// m^T M m of one tile's products, M(i, j) = entry(i, j, k) for channels k, k + 1, ..., to channels
// [first, first + width) of the tile's place in y.
template <int kRows, int kOut, class Entry>
inline void transform_output(const float (&m)[kRows][kOut], const Correlation& task, const Tiles<kOut>& tiles,
                             Index tile, Index first, Index width, const Entry& entry) {
  const Index row = tiles.row(tile), column = tiles.column(tile);
  const Index rows = smaller(kOut, task.rows - row), columns = smaller(kOut, task.columns - column);
  float* y = task.y + tiles.picture(tile) * task.picture_pitch + row * task.row_pitch +
             column * task.column_pitch + first;
  for (Index k = 0; k < width; k += kLanes)
    transform_back(
        m, [&](int i, int j) { return entry(i, j, k); },
        [&](int i, const Vector(&values)[kOut]) {
          if (i >= rows) return;
          for (Index j = 0; j < columns; ++j)
            store(y + i * task.row_pitch + j * task.column_pitch + k, values[j]);
        });
}

}  // namespace
}  // namespace bauta::BAUTA_BACKEND
