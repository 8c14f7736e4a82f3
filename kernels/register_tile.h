// The innermost loop of every matrix product on the CPU: a block of the result that lives in registers.
//
//   c[i][j] (+)= sum over t of a[i][t] * b[t][j]        i < kTileRows, j < kLanes * vectors
//
// The rows of a are pointers into memory where it already lies (a picture, a matrix): nothing is gathered.
// A row may be cut into runs of equal length, a fixed pitch apart (the picture rows under a convolution's
// window). b is packed into panels of kPanel columns, [t][column], so that it streams through the cache.
// Included by *_cpu.cpp only: each instruction set has its own sizes, and all names are local to the file.
#pragma once

#include <cstddef>
#include <utility>

#include "kernels/launcher.h"

namespace bauta::BAUTA_BACKEND {
namespace {

using Index = std::ptrdiff_t;

#if defined(__AVX512F__) || defined(BAUTA_EMULATED_BF16)
#define BAUTA_VECTORS_OF_64_BYTES                    // the emulation has the sizes of what it stands for
constexpr int kVectorBytes = 64, kPanelVectors = 4;  // 6 x 4 sums, 4 of b, 1 of a: 29 of 32 registers
#elif defined(__AVX__)
constexpr int kVectorBytes = 32, kPanelVectors = 2;  // 6 x 2 sums, 2 of b, 1 of a: 15 of 16 registers
#else
constexpr int kVectorBytes = 16, kPanelVectors = 2;
#endif
constexpr int kTileRows = 6;
constexpr int kLanes = kVectorBytes / static_cast<int>(sizeof(float));
constexpr int kPanel = kPanelVectors * kLanes;
// A stretch of a panel that stays in the second-level cache while all rows of a pass by.
constexpr Index kStretchFloats = 64 * 1024;

using Vector [[gnu::vector_size(kVectorBytes), gnu::aligned(alignof(float)), gnu::may_alias]] = float;

inline Vector load(const float* from) { return *reinterpret_cast<const Vector*>(from); }
inline void store(float* to, Vector value) { *reinterpret_cast<Vector*>(to) = value; }

constexpr Index ceil_div(Index a, Index b) { return (a + b - 1) / b; }
constexpr Index smaller(Index a, Index b) { return a < b ? a : b; }
constexpr Index larger(Index a, Index b) { return a > b ? a : b; }

// The sum over t: `count` runs of `length` elements, `step` apart, in a; consecutive rows in b.
struct Runs {
  Index count = 1, length = 0, pitch = 0, step = 1;
};

// Loops over i and j are unrolled to the last: only then do the sums stay in registers.
template <int kVectors>
void register_tile(float* const* c, const float* const* a, const Runs& runs, const float* b, bool add) {
  Vector sum[kTileRows][kVectors];
#pragma GCC unroll 8
  for (int i = 0; i < kTileRows; ++i)
#pragma GCC unroll 8
    for (int j = 0; j < kVectors; ++j) sum[i][j] = add ? load(c[i] + j * kLanes) : Vector{};

  for (Index run = 0; run < runs.count; ++run) {
    const float* row[kTileRows];
#pragma GCC unroll 8
    for (int i = 0; i < kTileRows; ++i) row[i] = a[i] + run * runs.pitch;
    Index at = 0;
    for (Index t = 0; t < runs.length; ++t, at += runs.step, b += kVectors * kLanes) {
      Vector column[kVectors];
#pragma GCC unroll 8
      for (int j = 0; j < kVectors; ++j) column[j] = load(b + j * kLanes);
#pragma GCC unroll 8
      for (int i = 0; i < kTileRows; ++i)
#pragma GCC unroll 8
        for (int j = 0; j < kVectors; ++j) sum[i][j] += row[i][at] * column[j];
    }
  }
#pragma GCC unroll 8
  for (int i = 0; i < kTileRows; ++i)
#pragma GCC unroll 8
    for (int j = 0; j < kVectors; ++j) store(c[i] + j * kLanes, sum[i][j]);
}

// Panels: columns [p * kPanel, ...) of b; the last is as narrow as whole vectors allow.
constexpr Index panels(Index columns) { return ceil_div(columns, kPanel); }
constexpr Index panel_columns(Index columns, Index panel) {
  return smaller(columns - panel * kPanel, kPanel);
}
constexpr Index panel_width(Index columns, Index panel) {
  return ceil_div(panel_columns(columns, panel), kLanes) * kLanes;
}
constexpr Index packed_floats(Index rows, Index columns) { return rows * ceil_div(columns, kLanes) * kLanes; }

// `rows` <= kTileRows rows and `columns` <= kPanel columns of c: what the tile computes beyond is dropped.
void multiply_tile(float* const* c, const float* const* a, Index rows, Index columns, const Runs& runs,
                   const float* b, bool add) {
  float spare[kTileRows][kPanel];
  float* to[kTileRows];
  const float* from[kTileRows];
  const Index vectors = ceil_div(columns, kLanes);
  const bool whole = columns == vectors * kLanes;
  for (Index i = 0; i < kTileRows; ++i) {
    to[i] = whole && i < rows ? c[i] : spare[i];
    from[i] = a[i < rows ? i : 0];
  }
  if (add && !(whole && rows == kTileRows))
    for (Index i = 0; i < kTileRows; ++i)
      for (Index j = 0; j < vectors * kLanes; ++j) spare[i][j] = i < rows && j < columns ? c[i][j] : 0;
  switch (vectors) {
    case 1:
      register_tile<1>(to, from, runs, b, add);
      break;
    case 2:
      register_tile<2>(to, from, runs, b, add);
      break;
#ifdef BAUTA_VECTORS_OF_64_BYTES
    case 3:
      register_tile<3>(to, from, runs, b, add);
      break;
    case 4:
      register_tile<4>(to, from, runs, b, add);
      break;
#endif
  }
  if (!whole)
    for (Index i = 0; i < rows; ++i)
      for (Index j = 0; j < columns; ++j) c[i][j] = spare[i][j];
}

// One row of a panel: `columns` floats, then zeros up to `width`.
inline void pack_row(float* packed, const float* row, Index columns, Index width) {
  for (Index j = 0; j < columns; ++j) packed[j] = row[j];
  for (Index j = columns; j < width; ++j) packed[j] = 0;
}

// The two squares of that side off the diagonal change places, in each square of twice that side.
template <int kSide, int... kLane>
[[gnu::always_inline]] inline void swap_squares(Vector (&rows)[kLanes],
                                                std::integer_sequence<int, kLane...>) {
  using Places [[gnu::vector_size(kVectorBytes)]] = int;
  constexpr Places kUpper{(kLane & kSide ? kLane - kSide + kLanes : kLane)...},
      kLower{(kLane & kSide ? kLane + kLanes : kLane + kSide)...};
#pragma GCC unroll 16
  for (int i = 0; i < kLanes; ++i) {
    if (i & kSide) continue;
    const Vector upper = rows[i], lower = rows[i + kSide];
    rows[i] = __builtin_shuffle(upper, lower, kUpper);
    rows[i + kSide] = __builtin_shuffle(upper, lower, kLower);
  }
}

// As many rows as a vector has floats become columns.
inline void transpose_square(float* to, Index to_pitch, const float* from, Index from_pitch) {
  constexpr std::make_integer_sequence<int, kLanes> kEach;
  Vector rows[kLanes];
#pragma GCC unroll 16
  for (int i = 0; i < kLanes; ++i) rows[i] = load(from + i * from_pitch);
  swap_squares<1>(rows, kEach);
  swap_squares<2>(rows, kEach);
  if constexpr (kLanes > 4) swap_squares<4>(rows, kEach);
  if constexpr (kLanes > 8) swap_squares<8>(rows, kEach);
#pragma GCC unroll 16
  for (int i = 0; i < kLanes; ++i) store(to + i * to_pitch, rows[i]);
}

// A panel whose columns are the rows of a matrix: packed[t][j] = matrix[j * pitch + t], t < rows.
inline void pack_transposed(float* packed, const float* matrix, Index pitch, Index rows, Index columns,
                            Index width) {
  constexpr Index kBlock = 16;  // a cache line of the matrix at a time
  for (Index first = 0; first < rows; first += kBlock) {
    const Index last = smaller(first + kBlock, rows);
    Index j = 0;
    if (last - first == kBlock)
      for (; j + kLanes <= columns; j += kLanes)
        for (Index t = first; t < last; t += kLanes)
          transpose_square(packed + t * width + j, width, matrix + j * pitch + t, pitch);
    for (; j < columns; ++j)
      for (Index t = first; t < last; ++t) packed[t * width + j] = matrix[j * pitch + t];
    for (Index t = first; t < last; ++t)
      for (Index empty = columns; empty < width; ++empty) packed[t * width + empty] = 0;
  }
}

}  // namespace
}  // namespace bauta::BAUTA_BACKEND
