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
      pixels[i][j] = exists ? x.floats() + ((n * x.shape.h + h) * x.shape.w + w) * x.shape.c : nullptr;
    }
}

template <int kSize>
void load_pixels(Vector (&values)[kSize][kSize], const float* const (&pixels)[kSize][kSize], Index c) {
  for (int i = 0; i < kSize; ++i)
    for (int j = 0; j < kSize; ++j)
      values[i][j] = pixels[i][j] ? *reinterpret_cast<const Vector*>(pixels[i][j] + c) : Vector{};
}

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

// The correlation's weights, G w G^T of one input channel and one panel: entry by entry, in panels again.
inline void transform_weights(float* to, Index pitch, const Correlation& task, Index panel, Index c) {
  const Index inputs = task.x.shape.c, width = panel_width(task.channels, panel);
  const Index packed = panel * kPanel * inputs + c * width;
  const float* from = task.weights + panel * kPanel * 9 * inputs + c * width;  // rows (r, s, c)
  for (Index k = 0; k < width; k += kLanes) {
    Vector taps[3][3], entries[6][6];
    for (Index tap = 0; tap < 9; ++tap) taps[tap / 3][tap % 3] = load(from + tap * inputs * width + k);
    transform<false>(entries, kG, taps);
    for (Index entry = 0; entry < kEntries; ++entry)
      store(to + entry * pitch + packed + k, entries[entry / 6][entry % 6]);
  }
}

// Where channel k of a tile stands in an entry of a block of `count` tiles, kept in panels: [tile][channel].
inline Index in_panels(Index channels, Index count, Index tile, Index k) {
  const Index panel = k / kPanel;
  return panel * kPanel * count + tile * panel_width(channels, panel) + k % kPanel;
}

// A^T M A of one tile of a block, to its place in y.
inline void transform_output(const Correlation& task, const Tiles& tiles, Index tile, const float* products,
                             Index pitch, Index count, Index tile_of_block) {
  const Index row = tiles.row(tile), column = tiles.column(tile);
  const Index rows = smaller(kTileOut, task.rows - row), columns = smaller(kTileOut, task.columns - column);
  float* y =
      task.y + tiles.picture(tile) * task.picture_pitch + row * task.row_pitch + column * task.column_pitch;
  for (Index k = 0; k < task.channels; k += kLanes) {
    Vector entries[6][6], values[4][4];
    const float* from = products + in_panels(task.channels, count, tile_of_block, k);
    for (Index entry = 0; entry < kEntries; ++entry)
      entries[entry / 6][entry % 6] = load(from + entry * pitch);
    transform<true>(values, kA, entries);
    for (Index i = 0; i < rows; ++i)
      for (Index j = 0; j < columns; ++j)
        store(y + i * task.row_pitch + j * task.column_pitch + k, values[i][j]);
  }
}

// A dY A^T of one tile, for wgrad.
inline void transform_gradient(float* to, Index pitch, ConstView dy, const Tiles& tiles, Index tile,
                               Index count, Index tile_of_block) {
  const float* pixels[4][4];
  find_pixels(pixels, dy, tiles.picture(tile), tiles.row(tile), tiles.column(tile));
  for (Index k = 0; k < dy.shape.c; k += kLanes) {
    Vector values[4][4], entries[6][6];
    load_pixels(values, pixels, k);
    transform<false>(entries, kA, values);
    float* place = to + in_panels(dy.shape.c, count, tile_of_block, k);
    for (Index entry = 0; entry < kEntries; ++entry)
      store(place + entry * pitch, entries[entry / 6][entry % 6]);
  }
}

// Scratch: weights (or their sums), x's tiles, y's tiles, each entry by entry.
struct WinogradScratch {
  Index weight_pitch, in_pitch, out_pitch;

  WinogradScratch(const Tiles& tiles, Index inputs, Index channels)
      : weight_pitch(inputs * channels),
        in_pitch(tiles.entry_pitch(inputs)),
        out_pitch(tiles.entry_pitch(channels)) {}
  Index floats() const { return kEntries * (weight_pitch + in_pitch + out_pitch); }
  float* in(float* scratch) const { return scratch + kEntries * weight_pitch; }
  float* out(float* scratch) const { return in(scratch) + kEntries * in_pitch; }
};

inline Tiles tiles_of(const Correlation& task) {
  return {task.x.shape.n, task.rows, task.columns, larger(task.x.shape.c, task.channels)};
}
inline Index winograd_floats(const Correlation& task) {
  return WinogradScratch(tiles_of(task), task.x.shape.c, task.channels).floats();
}

inline void winograd_correlate(const Correlation& task, float* weights, const Context& ctx) {
  const Tiles tiles = tiles_of(task);
  const Index inputs = task.x.shape.c, channels = task.channels, panel_count = panels(channels);
  const WinogradScratch scratch(tiles, inputs, channels);
  float *const in = scratch.in(weights), *const out = scratch.out(weights);

#pragma omp parallel num_threads(ctx.threads())
  {
#pragma omp for collapse(2) schedule(static)
    for (Index panel = 0; panel < panel_count; ++panel)
      for (Index c = 0; c < inputs; ++c) transform_weights(weights, scratch.weight_pitch, task, panel, c);

    for (Index block = 0; block < tiles.count; block += tiles.block) {
      const Index count = smaller(tiles.block, tiles.count - block);
#pragma omp for schedule(static)
      for (Index tile = 0; tile < count; ++tile)
        transform_input(in + tile * inputs, scratch.in_pitch, task.x, tiles.picture(block + tile),
                        task.top + tiles.row(block + tile), task.left + tiles.column(block + tile));

#pragma omp for collapse(2) schedule(dynamic)
      for (Index entry = 0; entry < kEntries; ++entry)
        for (Index panel = 0; panel < panel_count; ++panel)
          for (Index tile = 0; tile < count; tile += kTileRows) {
            const Index rows = smaller(kTileRows, count - tile);
            const float* from[kTileRows];
            float* to[kTileRows];
            for (Index i = 0; i < rows; ++i) {
              from[i] = in + entry * scratch.in_pitch + (tile + i) * inputs;
              to[i] = out + entry * scratch.out_pitch + in_panels(channels, count, tile + i, panel * kPanel);
            }
            multiply_tile(to, from, rows, panel_width(channels, panel), {.length = inputs},
                          weights + entry * scratch.weight_pitch + panel * kPanel * inputs, false);
          }

#pragma omp for schedule(static)
      for (Index tile = 0; tile < count; ++tile)
        transform_output(task, tiles, block + tile, out, scratch.out_pitch, count, tile);
    }
  }
}

inline Tiles tiles_of(const Shape& x, const Shape& dy) { return {dy.n, dy.h, dy.w, larger(x.c, dy.c)}; }
inline Index winograd_wgrad_floats(const Shape& x, const Shape& dy) {
  return WinogradScratch(tiles_of(x, dy), x.c, dy.c).floats();
}

// sums[(r, s, c)][k]: dw but for its transposition.
inline void winograd_wgrad(float* sums, ConstView x, ConstView dy, Index padding, float* weights,
                           const Context& ctx) {
  const Tiles tiles = tiles_of(x.shape, dy.shape);
  const Index inputs = x.shape.c, channels = dy.shape.c, panel_count = panels(channels);
  const WinogradScratch scratch(tiles, inputs, channels);
  float *const in = scratch.in(weights), *const out = scratch.out(weights);

#pragma omp parallel num_threads(ctx.threads())
  {
    for (Index block = 0; block < tiles.count; block += tiles.block) {
      const Index count = smaller(tiles.block, tiles.count - block);
#pragma omp for schedule(static)
      for (Index tile = 0; tile < count; ++tile) {
        transform_input(in + tile * inputs, scratch.in_pitch, x, tiles.picture(block + tile),
                        tiles.row(block + tile) - padding, tiles.column(block + tile) - padding);
        transform_gradient(out, scratch.out_pitch, dy, tiles, block + tile, count, tile);
      }
#pragma omp for collapse(2) schedule(dynamic)
      for (Index entry = 0; entry < kEntries; ++entry)
        for (Index panel = 0; panel < panel_count; ++panel)
          for (Index c = 0; c < inputs; c += kTileRows) {
            const Index rows = smaller(kTileRows, inputs - c);
            const float* from[kTileRows];
            float* to[kTileRows];
            for (Index i = 0; i < rows; ++i) {
              from[i] = in + entry * scratch.in_pitch + c + i;
              to[i] = weights + entry * scratch.weight_pitch + (c + i) * channels + panel * kPanel;
            }
            multiply_tile(to, from, rows, panel_width(channels, panel), {.length = count, .step = inputs},
                          out + entry * scratch.out_pitch + panel * kPanel * count, block > 0);
          }
    }
#pragma omp for schedule(static)
    for (Index c = 0; c < inputs; ++c)
      for (Index k = 0; k < channels; k += kLanes) {
        Vector entries[6][6], taps[3][3];
        for (Index entry = 0; entry < kEntries; ++entry)
          entries[entry / 6][entry % 6] = load(weights + entry * scratch.weight_pitch + c * channels + k);
        transform<true>(taps, kG, entries);
        for (Index tap = 0; tap < 9; ++tap)
          store(sums + (tap * inputs + c) * channels + k, taps[tap / 3][tap % 3]);
      }
  }
}

}  // namespace
}  // namespace bauta::BAUTA_BACKEND
