// 3x3 convolutions of stride 1 by Winograd's F(4x4, 3x3) (Lavin, Gray, "Fast algorithms for convolutional
// neural networks", CVPR 2016): a quarter of the multiplications.
//
//   Each 4x4 tile of y comes from a 6x6 tile of x:   Y = A^T [ (G w G^T) . (B^T X B) ] A
//   "." multiplies entry by entry and sums over channels: 36 matrix products [tiles x C] * [C x K].
//   wgrad is the adjoint:                            dw = G^T [ (B^T X B) . (A dY A^T) ] G, summed over tiles
#pragma once

#include "kernels/convolution_window.h"

namespace bauta::BAUTA_BACKEND {
namespace {

constexpr Index kTileIn = 6, kTileOut = 4, kEntries = kTileIn * kTileIn;

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

// out = m in m^T, or m^T in m, for one vector of channels. Unrolled, the zeros of m cost nothing.
template <bool kTransposed, int kIn, int kOut, int kRows, int kColumns>
[[gnu::always_inline]] inline void transform(Vector (&out)[kOut][kOut], const float (&m)[kRows][kColumns],
                                             const Vector (&in)[kIn][kIn]) {
  static_assert(kIn == (kTransposed ? kRows : kColumns) && kOut == (kTransposed ? kColumns : kRows));
  Vector half[kOut][kIn];
#pragma GCC unroll 8
  for (int j = 0; j < kIn; ++j)
#pragma GCC unroll 8
    for (int i = 0; i < kOut; ++i) {
      Vector sum{};
#pragma GCC unroll 8
      for (int t = 0; t < kIn; ++t)
        if (const float factor = kTransposed ? m[t][i] : m[i][t]; factor != 0) sum += factor * in[t][j];
      half[i][j] = sum;
    }
#pragma GCC unroll 8
  for (int i = 0; i < kOut; ++i)
#pragma GCC unroll 8
    for (int j = 0; j < kOut; ++j) {
      Vector sum{};
#pragma GCC unroll 8
      for (int t = 0; t < kIn; ++t)
        if (const float factor = kTransposed ? m[t][j] : m[j][t]; factor != 0) sum += factor * half[i][t];
      out[i][j] = sum;
    }
}

// Tiles side by side in rows x columns positions of y, in blocks whose transforms stay in the cache.
struct Tiles {
  Index down, across, count, block;

  Tiles(Index pictures, Index rows, Index columns, Index channels)
      : down(ceil_div(rows, kTileOut)),
        across(ceil_div(columns, kTileOut)),
        count(pictures * down * across),
        block(smaller(count, larger(64, 64 * 1024 / channels))) {}
  Index picture(Index tile) const { return tile / (down * across); }
  Index row(Index tile) const { return tile / across % down * kTileOut; }
  Index column(Index tile) const { return tile % across * kTileOut; }
  // Floats of one of the 36 entries of a block; odd in cache lines, or they would all share the same ways.
  Index entry_pitch(Index channels) const { return block * channels + 16 - block * channels / 16 % 2 * 16; }
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

// The pixels of a kSize x kSize square of picture n, null where there are none.
template <int kSize>
void find_pixels(const float* (&pixels)[kSize][kSize], ConstView x, Index n, Index top, Index left) {
  for (Index i = 0; i < kSize; ++i)
    for (Index j = 0; j < kSize; ++j) {
      const Index h = top + i, w = left + j;
      const bool exists = h >= 0 && h < x.shape.h && w >= 0 && w < x.shape.w;
      pixels[i][j] = exists ? x.data + ((n * x.shape.h + h) * x.shape.w + w) * x.shape.c : nullptr;
    }
}

template <int kSize>
void load_pixels(Vector (&values)[kSize][kSize], const float* const (&pixels)[kSize][kSize], Index c) {
  for (int i = 0; i < kSize; ++i)
    for (int j = 0; j < kSize; ++j)
      values[i][j] = pixels[i][j] ? *reinterpret_cast<const Vector*>(pixels[i][j] + c) : Vector{};
}

inline void store(float* to, Vector value) { *reinterpret_cast<Vector*>(to) = value; }
inline Vector load(const float* from) { return *reinterpret_cast<const Vector*>(from); }

// B^T X B of one tile, entry by entry to[entry * pitch + c].
inline void transform_input(float* to, Index pitch, ConstView x, Index n, Index top, Index left) {
  const float* pixels[6][6];
  find_pixels(pixels, x, n, top, left);
  for (Index c = 0; c < x.shape.c; c += kLanes) {
    Vector in[6][6], out[6][6];
    load_pixels(in, pixels, c);
    transform<false>(out, kB, in);
    for (Index entry = 0; entry < kEntries; ++entry) store(to + entry * pitch + c, out[entry / 6][entry % 6]);
  }
}

inline Tiles tiles_of(const Correlation& task) {
  return {task.x.shape.n, task.rows, task.columns, larger(task.x.shape.c, task.channels)};
}

inline Index winograd_floats(const Correlation& task) {
  const Tiles tiles = tiles_of(task);
  return kEntries * (task.x.shape.c * task.channels + tiles.entry_pitch(task.x.shape.c) +
                     tiles.entry_pitch(task.channels));
}

inline void winograd_correlate(const Correlation& task, float* scratch, const Context& ctx) {
  const Tiles tiles = tiles_of(task);
  const Index inputs = task.x.shape.c, channels = task.channels, panel_count = panels(channels);
  const Index in_pitch = tiles.entry_pitch(inputs), out_pitch = tiles.entry_pitch(channels);
  const Index weight_pitch = inputs * channels;
  float* const weights = scratch;
  float* const in = weights + kEntries * weight_pitch;
  float* const out = in + kEntries * in_pitch;

#pragma omp parallel num_threads(ctx.threads())
  {
#pragma omp for collapse(2) schedule(static)
    for (Index panel = 0; panel < panel_count; ++panel)
      for (Index c = 0; c < inputs; ++c) {
        const Index width = panel_width(channels, panel), first = panel * kPanel;
        for (Index k = 0; k < width; k += kLanes) {
          Vector taps[3][3], entries[6][6];
          for (Index tap = 0; tap < 9; ++tap)
            taps[tap / 3][tap % 3] = load(task.weights + first * 9 * inputs + (tap * inputs + c) * width + k);
          transform<false>(entries, kG, taps);
          for (Index entry = 0; entry < kEntries; ++entry)
            store(weights + entry * weight_pitch + first * inputs + c * width + k,
                  entries[entry / 6][entry % 6]);
        }
      }

    for (Index block = 0; block < tiles.count; block += tiles.block) {
      const Index count = smaller(tiles.block, tiles.count - block);
#pragma omp for schedule(static)
      for (Index tile = 0; tile < count; ++tile)
        transform_input(in + tile * inputs, in_pitch, task.x, tiles.picture(block + tile),
                        task.top + tiles.row(block + tile), task.left + tiles.column(block + tile));

#pragma omp for collapse(2) schedule(dynamic)
      for (Index entry = 0; entry < kEntries; ++entry)
        for (Index panel = 0; panel < panel_count; ++panel)
          for (Index tile = 0; tile < count; tile += kTileRows) {
            const Index rows = smaller(kTileRows, count - tile);
            const float* from[kTileRows];
            float* to[kTileRows];
            for (Index i = 0; i < rows; ++i) {
              from[i] = in + entry * in_pitch + (tile + i) * inputs;
              to[i] = out + entry * out_pitch + (tile + i) * channels + panel * kPanel;
            }
            multiply_tile(to, from, rows, panel_width(channels, panel), {.length = inputs},
                          weights + entry * weight_pitch + panel * kPanel * inputs, false);
          }

#pragma omp for schedule(static)
      for (Index tile = 0; tile < count; ++tile) {
        const Index n = tiles.picture(block + tile), row = tiles.row(block + tile);
        const Index column = tiles.column(block + tile);
        float* y = task.y + n * task.picture_pitch + row * task.row_pitch + column * task.column_pitch;
        for (Index k = 0; k < channels; k += kLanes) {
          Vector entries[6][6], values[4][4];
          for (Index entry = 0; entry < kEntries; ++entry)
            entries[entry / 6][entry % 6] = load(out + entry * out_pitch + tile * channels + k);
          transform<true>(values, kA, entries);
          for (Index i = 0; i < smaller(kTileOut, task.rows - row); ++i)
            for (Index j = 0; j < smaller(kTileOut, task.columns - column); ++j)
              store(y + i * task.row_pitch + j * task.column_pitch + k, values[i][j]);
        }
      }
    }
  }
}

inline Index winograd_wgrad_floats(const Shape& x, const Shape& dy) {
  const Tiles tiles(dy.n, dy.h, dy.w, larger(x.c, dy.c));
  return kEntries * (Index{x.c} * dy.c + tiles.entry_pitch(x.c) + tiles.entry_pitch(dy.c));
}

// sums[(r, s, c)][k], dw but for its transposition.
inline void winograd_wgrad(float* sums, ConstView x, ConstView dy, Index padding, float* scratch,
                           const Context& ctx) {
  const Index inputs = x.shape.c, channels = dy.shape.c, panel_count = panels(channels);
  const Tiles tiles(dy.shape.n, dy.shape.h, dy.shape.w, larger(inputs, channels));
  const Index in_pitch = tiles.entry_pitch(inputs), out_pitch = tiles.entry_pitch(channels);
  const Index sum_pitch = inputs * channels;
  float* const entry_sums = scratch;
  float* const in = entry_sums + kEntries * sum_pitch;
  float* const out = in + kEntries * in_pitch;

#pragma omp parallel num_threads(ctx.threads())
  {
    for (Index block = 0; block < tiles.count; block += tiles.block) {
      const Index count = smaller(tiles.block, tiles.count - block);
#pragma omp for schedule(static)
      for (Index tile = 0; tile < count; ++tile) {
        const Index n = tiles.picture(block + tile), row = tiles.row(block + tile);
        const Index column = tiles.column(block + tile);
        transform_input(in + tile * inputs, in_pitch, x, n, row - padding, column - padding);
        const float* pixels[4][4];
        find_pixels(pixels, dy, n, row, column);
        for (Index k = 0; k < channels; k += kLanes) {
          Vector values[4][4], entries[6][6];
          load_pixels(values, pixels, k);
          transform<false>(entries, kA, values);
          const Index panel = k / kPanel, width = panel_width(channels, panel);
          float* to = out + panel * kPanel * count + tile * width + k % kPanel;  // panels, for the product
          for (Index entry = 0; entry < kEntries; ++entry)
            store(to + entry * out_pitch, entries[entry / 6][entry % 6]);
        }
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
                          out + entry * out_pitch + panel * kPanel * count, block > 0);
          }
    }
#pragma omp for schedule(static)
    for (Index c = 0; c < inputs; ++c)
      for (Index k = 0; k < channels; k += kLanes) {
        Vector entries[6][6], taps[3][3];
        for (Index entry = 0; entry < kEntries; ++entry)
          entries[entry / 6][entry % 6] = load(entry_sums + entry * sum_pitch + c * channels + k);
        transform<true>(taps, kG, entries);
        for (Index tap = 0; tap < 9; ++tap)
          store(sums + (tap * inputs + c) * channels + k, taps[tap / 3][tap % 3]);
      }
  }
}

}  // namespace
}  // namespace bauta::BAUTA_BACKEND
