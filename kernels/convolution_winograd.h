// 3x3 convolutions of stride 1 by Winograd's F(4x4, 3x3) (Lavin, Gray, "Fast algorithms for convolutional
// neural networks", CVPR 2016): a quarter of the multiplications.
//
//   Each 4x4 tile of y comes from a 6x6 tile of x:   Y = A^T [ (G w G^T) . (B^T X B) ] A
//   "." multiplies entry by entry and sums over channels: 36 matrix products [tiles x C] * [C x K].
//   wgrad is the adjoint:                            dw = G^T [ (B^T X B) . (A dY A^T) ] G, summed over tiles
//
// A and G evaluate polynomials at 0, 1, -1, 2, -2 and infinity, B interpolates between them. What 1 and -1 (2
// and -2) make of a polynomial's even part is the same, and of its odd part but for the sign.
#pragma once

#include <omp.h>

#include "kernels/convolution_window.h"

namespace bauta::BAUTA_BACKEND {
namespace {

constexpr int kTileIn = 6, kTileOut = 4;
constexpr Index kEntries = kTileIn * kTileIn;

constexpr float kB[6][6] = {{4, 0, -5, 0, 1, 0},  {0, -4, -4, 1, 1, 0}, {0, 4, -4, -1, 1, 0},
                            {0, -2, -1, 2, 1, 0}, {0, 2, -1, -2, 1, 0}, {0, 4, 0, -5, 0, 1}};  // B^T
constexpr float kG[6][3] = {{1.f / 4, 0, 0},
                            {-1.f / 6, -1.f / 6, -1.f / 6},
                            {-1.f / 6, 1.f / 6, -1.f / 6},
                            {1.f / 24, 1.f / 12, 1.f / 6},
                            {1.f / 24, -1.f / 12, 1.f / 6},
                            {0, 0, 1}};
constexpr float kA[6][4] = {{1, 0, 0, 0}, {1, 1, 1, 1},   {1, -1, 1, -1},
                            {1, 2, 4, 8}, {1, -2, 4, -8}, {0, 0, 0, 1}};

// Rows 1 and 2, 3 and 4: the same but for the sign of odd columns.
template <int kRows, int kColumns>
constexpr bool has_pairs(const float (&m)[kRows][kColumns]) {
  for (int i = 1; i + 1 < kRows; i += 2)
    for (int t = 0; t < kColumns; ++t)
      if (m[i + 1][t] != (t % 2 ? -m[i][t] : m[i][t])) return false;
  return true;
}
static_assert(has_pairs(kB) && has_pairs(kG) && has_pairs(kA));

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

// Tiles side by side in rows x columns positions of y.
struct Tiles {
  Index down, across, count;

  Tiles(Index pictures, Index rows, Index columns)
      : down(ceil_div(rows, kTileOut)),
        across(ceil_div(columns, kTileOut)),
        count(pictures * down * across) {}
  Index picture(Index tile) const { return tile / (down * across); }
  Index row(Index tile) const { return tile / across % down * kTileOut; }
  Index column(Index tile) const { return tile % across * kTileOut; }
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

 private:
  Index row_, column_;
  const float* first_;
  Index rows_[2], columns_[2];
  bool inside_;
};

// m X m^T of the square of pixels, entry by entry to[entry * pitch + place(c)].
template <int kRows, int kColumns, class Place>
inline void transform_pixels(float* to, Index pitch, const float (&m)[kRows][kColumns], ConstView x, Index n,
                             Index top, Index left, const Place& place) {
  const Pixels<kColumns> pixels(x, n, top, left);
  for (Index c = 0; c < x.shape.c; c += kLanes) {
    float* const first = to + place(c);
    const auto put = [&](int i, const Vector(&row)[kRows]) {
#pragma GCC unroll 8
      for (int j = 0; j < kRows; ++j) store(first + (i * kRows + j) * pitch, row[j]);
    };
    if (pixels.inside())
      transform(
          m, [&](int i, int j) { return pixels.template at<true>(i, j, c); }, put);
    else
      transform(
          m, [&](int i, int j) { return pixels.template at<false>(i, j, c); }, put);
  }
}

// The correlation's weights, G w G^T of one input channel and one panel: entry by entry, in panels again.
// from: panels of channels, rows (r, s, c).
inline void transform_weights(float* to, const float* from, Index inputs, Index channels, Index panel,
                              Index c) {
  const Index width = panel_width(channels, panel), pitch = inputs * channels;
  float* const first = to + panel * kPanel * inputs + c * width;
  const float* const taps = from + panel * kPanel * 9 * inputs + c * width;
  for (Index k = 0; k < width; k += kLanes)
    transform(
        kG, [&](int r, int s) { return load(taps + (r * 3 + s) * inputs * width + k); },
        [&](int i, const Vector(&row)[kTileIn]) {
#pragma GCC unroll 8
          for (int j = 0; j < kTileIn; ++j) store(first + (i * kTileIn + j) * pitch + k, row[j]);
        });
}

// Where the transforms of a block of tiles lie: as many tiles as the innermost product takes, entry by entry,
// each with its channels. y's entry takes the place of x's entry before, which was used up by then.
struct Groups {
  Index inputs, channels, pitch;  // of x, of y; from entry to entry

  // Entries are apart by odd numbers of cache lines, or they would all share the same ways.
  Groups(Index c, Index k) : inputs(c), channels(k), pitch(kTileRows * larger(c, k) + 16) {
    static_assert(kTileRows % 2 == 0);
  }
  Index of_x(Index tile) const { return group(tile) + pitch + tile % kTileRows * inputs; }
  Index of_y(Index tile) const { return group(tile) + tile % kTileRows * channels; }
  Index floats(Index tiles) const { return group(tiles + kTileRows - 1); }

 private:
  Index group(Index tile) const { return tile / kTileRows * (kEntries + 1) * pitch; }
};

// A^T M A of one tile, to its place in y.
inline void transform_output(const Correlation& task, const Tiles& tiles, Index tile, const float* products,
                             Index pitch) {
  const Index row = tiles.row(tile), column = tiles.column(tile);
  const Index rows = smaller(kTileOut, task.rows - row), columns = smaller(kTileOut, task.columns - column);
  float* y =
      task.y + tiles.picture(tile) * task.picture_pitch + row * task.row_pitch + column * task.column_pitch;
  for (Index k = 0; k < task.channels; k += kLanes)
    transform_back(
        kA, [&](int i, int j) { return load(products + (i * kTileIn + j) * pitch + k); },
        [&](int i, const Vector(&values)[kTileOut]) {
          if (i >= rows) return;
          for (Index j = 0; j < columns; ++j)
            store(y + i * task.row_pitch + j * task.column_pitch + k, values[j]);
        });
}

// A correlation's blocks of tiles: each thread takes one through all three steps, in memory of its own that
// stays in its second-level cache, while the weights stream by.
struct WinogradCorrelation {
  const Correlation& task;
  Tiles tiles;
  Groups groups;
  Index block;

  WinogradCorrelation(const Correlation& correlation, int threads)
      : task(correlation),
        tiles(task.x.shape.n, task.rows, task.columns),
        groups(task.x.shape.c, task.channels) {
    constexpr Index kBlockFloats = 128 * 1024, kBlocksPerThread = 4;
    const Index wanted =
        smaller(kBlockFloats / groups.floats(1), tiles.count / (kTileRows * kBlocksPerThread * threads));
    block = kTileRows * larger(1, wanted);
  }
  Index weight_floats() const { return kEntries * groups.inputs * packed_floats(1, groups.channels); }
  Index thread_floats() const { return groups.floats(block); }

  void transform_all_weights(float* to, const float* packed, const Context& ctx) const {
#pragma omp parallel for collapse(2) schedule(static) num_threads(ctx.threads())
    for (Index panel = 0; panel < panels(groups.channels); ++panel)
      for (Index c = 0; c < groups.inputs; ++c)
        transform_weights(to, packed, groups.inputs, groups.channels, panel, c);
  }

  // scratch: thread_floats() for each thread.
  void run(const float* weights, float* scratch, const Context& ctx) const {
#pragma omp parallel for schedule(dynamic) num_threads(ctx.threads())
    for (Index first = 0; first < tiles.count; first += block) {
      float* const place = scratch + omp_get_thread_num() * thread_floats();
      const Index count = smaller(block, tiles.count - first);
      for (Index tile = 0; tile < count; ++tile)
        transform_pixels(place + groups.of_x(tile), groups.pitch, kB, task.x, tiles.picture(first + tile),
                         task.top + tiles.row(first + tile), task.left + tiles.column(first + tile),
                         [](Index c) { return c; });
      for (Index entry = 0; entry < kEntries; ++entry)
        multiply_entry(place + entry * groups.pitch, weights + entry * groups.inputs * groups.channels,
                       count);
      for (Index tile = 0; tile < count; ++tile)
        transform_output(task, tiles, first + tile, place + groups.of_y(tile), groups.pitch);
    }
  }

 private:
  void multiply_entry(float* place, const float* weights, Index count) const {
    for (Index panel = 0; panel < panels(groups.channels); ++panel)
      for (Index tile = 0; tile < count; tile += kTileRows) {
        const Index rows = smaller(kTileRows, count - tile);
        const float* a[kTileRows];
        float* c[kTileRows];
        for (Index i = 0; i < rows; ++i) {
          a[i] = place + groups.of_x(tile + i);
          c[i] = place + groups.of_y(tile + i) + panel * kPanel;
        }
        multiply_tile(c, a, rows, panel_width(groups.channels, panel), {.length = groups.inputs},
                      weights + panel * kPanel * groups.inputs, false);
      }
  }
};

// dw's sums [(r, s, c)][k], dw but for its transposition; scratch: their transforms, x's tiles, dy's tiles.
struct WinogradWgrad {
  ConstView x, dy;
  Index padding, inputs, channels;
  Tiles tiles;
  Index block, sum_pitch, in_pitch, out_pitch;

  WinogradWgrad(ConstView from, ConstView gradient, Index zeros)
      : x(from),
        dy(gradient),
        padding(zeros),
        inputs(x.shape.c),
        channels(dy.shape.c),
        tiles(dy.shape.n, dy.shape.h, dy.shape.w),
        block(smaller(tiles.count, larger(64, 64 * 1024 / larger(inputs, channels)))),
        sum_pitch(inputs * channels),
        in_pitch(entry_pitch(inputs)),
        out_pitch(entry_pitch(channels)) {}
  // Floats of one entry of a block; odd in cache lines, see Groups.
  Index entry_pitch(Index c) const { return block * c + 16 - block * c / 16 % 2 * 16; }
  Index floats() const { return kEntries * (sum_pitch + in_pitch + out_pitch); }

  void operator()(float* sums, float* entry_sums, const Context& ctx) const {
    const Index panel_count = panels(channels);
    float *const in = entry_sums + kEntries * sum_pitch, *const out = in + kEntries * in_pitch;

#pragma omp parallel num_threads(ctx.threads())
    {
      for (Index first = 0; first < tiles.count; first += block) {
        const Index count = smaller(block, tiles.count - first);
#pragma omp for schedule(static)
        for (Index i = 0; i < count; ++i) {
          const Index tile = first + i, n = tiles.picture(tile), row = tiles.row(tile);
          transform_pixels(in + i * inputs, in_pitch, kB, x, n, row - padding, tiles.column(tile) - padding,
                           [](Index c) { return c; });
          // In panels: [tile][channel].
          transform_pixels(out, out_pitch, kA, dy, n, row, tiles.column(tile), [&](Index k) {
            const Index panel = k / kPanel;
            return panel * kPanel * count + i * panel_width(channels, panel) + k % kPanel;
          });
        }
#pragma omp for collapse(2) schedule(dynamic)
        for (Index entry = 0; entry < kEntries; ++entry)
          for (Index panel = 0; panel < panel_count; ++panel)
            for (Index c = 0; c < inputs; c += kTileRows) {
              const Index rows = smaller(kTileRows, inputs - c);
              const float* from[kTileRows];
              float* to[kTileRows];
              for (Index i = 0; i < rows; ++i) {
                from[i] = in + entry * in_pitch + c + i;
                to[i] = entry_sums + entry * sum_pitch + (c + i) * channels + panel * kPanel;
              }
              multiply_tile(to, from, rows, panel_width(channels, panel), {.length = count, .step = inputs},
                            out + entry * out_pitch + panel * kPanel * count, first > 0);
            }
      }
#pragma omp for schedule(static)
      for (Index c = 0; c < inputs; ++c)
        for (Index k = 0; k < channels; k += kLanes)
          transform_back(
              kG,
              [&](int i, int j) {
                return load(entry_sums + (i * kTileIn + j) * sum_pitch + c * channels + k);
              },
              [&](int r, const auto& taps) {
                for (int s = 0; s < 3; ++s) store(sums + ((r * 3 + s) * inputs + c) * channels + k, taps[s]);
              });
    }
  }
};

}  // namespace
}  // namespace bauta::BAUTA_BACKEND
