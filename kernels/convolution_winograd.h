// 3x3 convolutions of stride 1 by Winograd's F(4x4, 3x3) (Lavin, Gray, "Fast algorithms for convolutional
// neural networks", CVPR 2016): a quarter of the multiplications.
//
//   Each 4x4 tile of y comes from a 6x6 tile of x:   Y = A^T [ (G w G^T) . (B^T X B) ] A
//   "." multiplies entry by entry and sums over channels: 36 matrix products [tiles x C] * [C x K].
//   wgrad is the adjoint:                            dw = G^T [ (B^T X B) . (A dY A^T) ] G, summed over tiles
//
// A and G evaluate polynomials at 0, 1, -1, 2, -2 and infinity, B interpolates between them. What
// interpolation divides by, 4, -6, -6, 24, 24 and 1, stands in G, so that B is of whole numbers.
#pragma once

#include <omp.h>

#include "kernels/winograd_transforms.h"

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

static_assert(has_pairs(kB) && has_pairs(kG) && has_pairs(kA));

// Row i of a tile's transform: entry by entry, `pitch` apart.
inline void store_entries(float* first, Index pitch, int i, const Vector (&row)[kTileIn]) {
#pragma GCC unroll 8
  for (int j = 0; j < kTileIn; ++j) store(first + (i * kTileIn + j) * pitch, row[j]);
}

// The correlation's weights, G w G^T of one input channel and one panel: entry by entry, in panels again.
// from: panels of channels, rows (r, s, c).
inline void transform_weights(float* to, const float* from, Index inputs, Index channels, Index panel,
                              Index c) {
  const Index width = panel_width(channels, panel), pitch = entry_pitch(inputs * channels);
  float* const first = to + panel * kPanel * inputs + c * width;
  const float* const taps = from + panel * kPanel * 9 * inputs + c * width;
  for (Index k = 0; k < width; k += kLanes)
    transform(
        kG, [&](int r, int s) { return load(taps + (r * 3 + s) * inputs * width + k); },
        [&](int i, const Vector(&row)[kTileIn]) { store_entries(first + k, pitch, i, row); });
}

// Where the transforms of a block of tiles lie: as many tiles as the innermost product takes, entry by entry,
// each with its channels. y's entry takes the place of x's entry before, which was used up by then.
struct Groups {
  Index inputs, channels, pitch;  // of x, of y; from entry to entry

  Groups(Index c, Index k) : inputs(c), channels(k), pitch(entry_pitch(kTileRows * larger(c, k))) {}
  Index of_x(Index tile) const { return group(tile) + pitch + tile % kTileRows * inputs; }
  Index of_y(Index tile) const { return group(tile) + tile % kTileRows * channels; }
  Index floats(Index tiles) const { return group(tiles + kTileRows - 1); }

 private:
  Index group(Index tile) const { return tile / kTileRows * (kEntries + 1) * pitch; }
};

// A correlation's blocks of tiles: each thread takes one through all three steps, for some of y's channels,
// in memory of its own that stays in its second-level cache, while the weights stream by.
struct WinogradCorrelation {
  const Correlation& task;
  Tiles<kTileOut> tiles;
  Groups groups;
  Shares shares;

  WinogradCorrelation(const Correlation& correlation, int threads)
      : task(correlation),
        tiles(task.x.shape.n, task.rows, task.columns),
        groups(task.x.shape.c, task.channels),
        shares(ceil_div(tiles.count, kTileRows), kBlockFloats / groups.floats(1), panels(task.channels),
               threads) {}
  static bool fits(const Correlation& task) { return winograd_fits(task); }
  Index weight_pitch() const { return entry_pitch(groups.inputs * groups.channels); }
  Index weight_floats() const { return kEntries * weight_pitch(); }
  Index thread_floats() const { return groups.floats(block()); }

  void transform_all_weights(float* to, const float* packed, const Context& ctx) const {
#pragma omp parallel for collapse(2) schedule(static) num_threads(ctx.threads())
    for (Index panel = 0; panel < panels(groups.channels); ++panel)
      for (Index c = 0; c < groups.inputs; ++c)
        transform_weights(to, packed, groups.inputs, groups.channels, panel, c);
  }

  // scratch: thread_floats() for each thread.
  void run(const float* weights, float* scratch, const Context& ctx) const {
#pragma omp parallel for collapse(2) schedule(dynamic) num_threads(ctx.threads())
    for (Index begin = 0; begin < groups.channels; begin += shares.panels * kPanel)
      for (Index first = 0; first < tiles.count; first += block()) {
        float* const place = scratch + omp_get_thread_num() * thread_floats();
        const Index count = smaller(block(), tiles.count - first),
                    end = smaller(begin + shares.panels * kPanel, groups.channels);
        for (Index tile = 0; tile < count; ++tile) transform_tile(place + groups.of_x(tile), first + tile);
        for (Index entry = 0; entry < kEntries; ++entry)
          multiply_entry(place + entry * groups.pitch, weights + entry * weight_pitch(), count, begin, end);
        for (Index tile = 0; tile < count; ++tile)
          transform_output(kA, task, tiles, first + tile, begin, end - begin, [&](int i, int j, Index k) {
            return load(place + groups.of_y(tile) + (i * kTileIn + j) * groups.pitch + begin + k);
          });
      }
  }

 private:
  static constexpr Index kBlockFloats = 12 * 1024 * kLanes;
  Index block() const { return kTileRows * shares.groups; }
  void transform_tile(float* to, Index tile) const {
    transform_pixels(
        kB, task.x, tiles.picture(tile), task.top + tiles.row(tile), task.left + tiles.column(tile),
        [&](Index c, int i, const Vector(&row)[kTileIn]) { store_entries(to + c, groups.pitch, i, row); });
  }
  // For channels [begin, end) of y.
  void multiply_entry(float* place, const float* weights, Index count, Index begin, Index end) const {
    for (Index panel = begin / kPanel; panel * kPanel < end; ++panel)
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

// Sums over blocks of tiles; scratch: the transforms of dw's sums, [k][c] of each entry, of dy's tiles, and
// of x's tiles in panels of channels.
struct WinogradWgrad {
  ConstView x, dy;
  Index padding, inputs, channels;
  Tiles<kTileOut> tiles;
  Index block, sum_pitch, in_pitch, out_pitch;

  WinogradWgrad(ConstView from, ConstView gradient, Index zeros)
      : x(from),
        dy(gradient),
        padding(zeros),
        inputs(x.shape.c),
        channels(dy.shape.c),
        tiles(dy.shape.n, dy.shape.h, dy.shape.w),
        block(smaller(tiles.count, larger(64, 64 * 1024 / larger(inputs, channels)))),
        sum_pitch(entry_pitch(channels * inputs)),
        in_pitch(entry_pitch(block * inputs)),
        out_pitch(entry_pitch(block * channels)) {}
  Index floats() const { return kEntries * (sum_pitch + in_pitch + out_pitch); }

  // dw (K,3,3,C).
  void operator()(float* dw, GradMode mode, float* scratch, const Context& ctx) const {
    const Index panel_count = panels(inputs);
    float *const sums = scratch, *const in = sums + kEntries * sum_pitch,
                 *const out = in + kEntries * in_pitch;

#pragma omp parallel num_threads(ctx.threads())
    {
      for (Index first = 0; first < tiles.count; first += block) {
        const Index count = smaller(block, tiles.count - first);
#pragma omp for schedule(static)
        for (Index i = 0; i < count; ++i) transform_tile(in, out, first + i, i, count);
#pragma omp for collapse(2) schedule(dynamic)
        for (Index entry = 0; entry < kEntries; ++entry)
          for (Index panel = 0; panel < panel_count; ++panel)
            multiply_entry(sums + entry * sum_pitch + panel * kPanel, out + entry * out_pitch,
                           in + entry * in_pitch + panel * kPanel * count, panel_width(inputs, panel), count,
                           first > 0);
      }
#pragma omp for schedule(static)
      for (Index k = 0; k < channels; ++k) bring_back(dw + k * 9 * inputs, mode, sums + k * inputs);
    }
  }

 private:
  // Tile i of the `count` of a block.
  void transform_tile(float* in, float* out, Index tile, Index i, Index count) const {
    const Index n = tiles.picture(tile), row = tiles.row(tile), column = tiles.column(tile);
    transform_pixels(
        kB, x, n, row - padding, column - padding, [&](Index c, int r, const Vector(&entries)[kTileIn]) {
          const Index panel = c / kPanel, width = panel_width(inputs, panel);
          store_entries(in + panel * kPanel * count + i * width + c % kPanel, in_pitch, r, entries);
        });
    transform_pixels(kA, dy, n, row, column, [&](Index k, int r, const Vector(&entries)[kTileIn]) {
      store_entries(out + i * channels + k, out_pitch, r, entries);
    });
  }

  // One panel of x's channels.
  void multiply_entry(float* sums, const float* out, const float* in, Index width, Index count,
                      bool add) const {
    for (Index k = 0; k < channels; k += kTileRows) {
      const Index rows = smaller(kTileRows, channels - k);
      const float* from[kTileRows];
      float* to[kTileRows];
      for (Index i = 0; i < rows; ++i) {
        from[i] = out + k + i;
        to[i] = sums + (k + i) * inputs;
      }
      multiply_tile(to, from, rows, width, {.length = count, .step = channels}, in, add);
    }
  }

  // One channel of dy's: to dw's nine rows of C.
  void bring_back(float* to, GradMode mode, const float* sums) const {
    for (Index c = 0; c < inputs; c += kLanes)
      transform_back(
          kG, [&](int i, int j) { return load(sums + (i * kTileIn + j) * sum_pitch + c); },
          [&](int r, const Vector(&taps)[3]) {
            for (int s = 0; s < 3; ++s) {
              float* const place = to + (r * 3 + s) * inputs + c;
              store(place, mode == GradMode::Accumulate ? load(place) + taps[s] : taps[s]);
            }
          });
  }
};

}  // namespace
}  // namespace bauta::BAUTA_BACKEND
