// Convolution with factors rounded to bfloat16 and sums in float32 (bfloat16_pairs.h): twice float32's rate
// where the CPU has the instruction. What is rounded is a strip of the picture, or the transform of a tile,
// on its way into a thread's second-level cache, where it takes half the room; and the weights, once.
//
//   directly               as in convolution_direct.h, strips always copied
//   3x3 of stride 1        by Winograd's F(2x2, 3x3): Y = A^T [ (G w G^T) . (B^T X B) ] A, 16 products for 36
//
// Smaller tiles than float32's F(4x4, 3x3), whose transforms weigh their entries so differently that rounding
// them costs 20 dB more than rounding x and w does; here it costs 1 to 2 (README.md has the table). The
// points are 0, 1, -1 and infinity, the transforms sums and differences.
#pragma once

#include "kernels/bfloat16_pairs.h"
#include "kernels/convolution_direct.h"
#include "kernels/winograd_transforms.h"

namespace bauta::BAUTA_BACKEND {
namespace {

struct PairProducts {
  using Element = bfloat16;
  using Weight = Pair;
  static constexpr int kMostRows = kMostPairRows;
  static constexpr Index rows(Index columns) {
    return pair_rows(static_cast<int>(ceil_div(columns, kLanes)));
  }
  static constexpr Index depth(Index run) { return pairs_of(run); }
  // A run of odd length reads one number more, which meets a weight of zero.
  static Index copy_floats(const Shape& x, const Window& window) {
    return pairs_of(larger(0, window.floats(x)) + 1);
  }

  static Source<bfloat16> source(ConstView x, const Window& window, float* copy) {
    auto* const rounded = reinterpret_cast<bfloat16*>(copy);
    const Index size = window.width * x.shape.c;
    for (Index row = 0; row < window.height; ++row) {
      bfloat16* const to = rounded + row * size;
      const RowInside inside(x.shape, window, row);
      for (Index i = 0; i < inside.first; ++i) to[i] = {};
      round_row(to + inside.first, x.floats() + inside.from + inside.first, inside.last - inside.first);
      for (Index i = inside.last; i < size; ++i) to[i] = {};
    }
    rounded[window.height * size] = {};
    return {rounded, size};
  }
  static void multiply(float* const* c, const bfloat16* const* a, Index rows, Index columns, const Runs& runs,
                       const Pair* b, bool add) {
    multiply_pairs(c, a, rows, columns, runs, b, add);
  }

  static constexpr bool kOwnPanels = true;
  static Index panel_floats(const Correlation& task) {
    const Correlation direct = task.wide() ? task.widened() : task;
    return packed_floats(direct.taps_h * depth(direct.run()), direct.channels);
  }
  // Rows (s, c) of each run two by two; an odd last one beside zeros.
  static void make_panels(float* to, const float* packed, const Correlation& task, const Context& ctx) {
    const Correlation direct = task.wide() ? task.widened() : task;
    const Index run = direct.run(), deep = depth(run), runs = direct.taps_h;
#pragma omp parallel for collapse(2) schedule(static) num_threads(ctx.threads())
    for (Index panel = 0; panel < panels(direct.channels); ++panel)
      for (Index r = 0; r < runs; ++r) {
        const Index width = panel_width(direct.channels, panel);
        const float* const from = packed + panel * kPanel * runs * run + r * run * width;
        auto* const pairs = reinterpret_cast<Pair*>(to) + panel * kPanel * runs * deep + r * deep * width;
        static constexpr float kZeros[kPanel] = {};
        for (Index t = 0; t < deep; ++t)
          pair_up(pairs + t * width, from + 2 * t * width,
                  2 * t + 1 < run ? from + (2 * t + 1) * width : kZeros, width);
      }
  }
};

// Named as those of convolution_winograd.h, which no file includes beside these.
constexpr int kPairTileIn = 4, kPairTileOut = 2;
constexpr Index kPairEntries = kPairTileIn * kPairTileIn;

constexpr float kPairB[4][4] = {{1, 0, -1, 0}, {0, 1, 1, 0}, {0, -1, 1, 0}, {0, -1, 0, 1}};  // B^T
constexpr float kPairG[4][3] = {{1, 0, 0}, {0.5, 0.5, 0.5}, {0.5, -0.5, 0.5}, {0, 0, 1}};
constexpr float kPairA[4][2] = {{1, 0}, {1, 1}, {1, -1}, {0, 1}};
static_assert(has_pairs(kPairB) && has_pairs(kPairG) && has_pairs(kPairA));

// A correlation's blocks of tiles: each thread transforms one, then multiplies and transforms back a panel of
// channels at a time, all in memory of its own that stays in its second-level cache.
struct PairWinograd {
  const Correlation& task;
  Tiles<kPairTileOut> tiles;
  Index inputs, channels;
  Index in_pitch, out_pitch;  // from tile to tile, of x in pairs, of a panel of y in floats
  Index block;

  static constexpr Index kRows = pair_rows(kPanelVectors);

  PairWinograd(const Correlation& correlation, int threads)
      : task(correlation),
        tiles(task.x.shape.n, task.rows, task.columns),
        inputs(task.x.shape.c),
        channels(task.channels),
        // Apart by odd numbers of cache lines, or the tiles would all share the same ways.
        in_pitch(kPairEntries * pairs_of(inputs) + 16),
        out_pitch(kPairEntries * smaller(channels, kPanel) + 16) {
    constexpr Index kBlockFloats = 128 * 1024, kBlocksPerThread = 4;
    const Index wanted = smaller(kBlockFloats / (kRows * (in_pitch + out_pitch)),
                                 tiles.count / (kRows * kBlocksPerThread * threads));
    block = kRows * larger(1, wanted);
  }
  static bool fits(const Correlation& task) { return winograd_fits(task); }
  Index weight_floats() const { return kPairEntries * pairs_of(inputs) * channels; }
  Index thread_floats() const { return block * (in_pitch + out_pitch); }

  // Panel by panel, entry by entry, rows of pairs of input channels.
  void transform_all_weights(float* to, const float* packed, const Context& ctx) const {
#pragma omp parallel for collapse(2) schedule(static) num_threads(ctx.threads())
    for (Index panel = 0; panel < panels(channels); ++panel)
      for (Index pair = 0; pair < pairs_of(inputs); ++pair) {
        const Index width = panel_width(channels, panel);
        float entries[2][kPairEntries * kPanel];
        for (Index side = 0; side < 2; ++side) {
          const float* const taps = packed + panel * kPanel * 9 * inputs + (2 * pair + side) * width;
          for (Index k = 0; k < width; k += kLanes)
            transform(
                kPairG, [&](int r, int s) { return load(taps + (r * 3 + s) * inputs * width + k); },
                [&](int i, const Vector(&row)[kPairTileIn]) {
                  for (int j = 0; j < kPairTileIn; ++j)
                    store(entries[side] + (i * kPairTileIn + j) * kPanel + k, row[j]);
                });
        }
        for (Index entry = 0; entry < kPairEntries; ++entry)
          pair_up(weights_of(reinterpret_cast<Pair*>(to), panel, entry) + pair * width,
                  entries[0] + entry * kPanel, entries[1] + entry * kPanel, width);
      }
  }

  // scratch: thread_floats() for each thread.
  void run(const float* weights, float* scratch, const Context& ctx) const {
#pragma omp parallel for schedule(dynamic) num_threads(ctx.threads())
    for (Index first = 0; first < tiles.count; first += block) {
      float* const out = scratch + omp_get_thread_num() * thread_floats();
      auto* const in = reinterpret_cast<bfloat16*>(out + block * out_pitch);
      const Index count = smaller(block, tiles.count - first);
      for (Index tile = 0; tile < count; ++tile) transform_tile(in + 2 * tile * in_pitch, first + tile);
      for (Index panel = 0; panel < panels(channels); ++panel) {
        const Index width = panel_width(channels, panel);
        for (Index entry = 0; entry < kPairEntries; ++entry)
          multiply_entry(out + entry * width, in + 2 * entry * pairs_of(inputs), width,
                         weights_of(reinterpret_cast<const Pair*>(weights), panel, entry), count);
        for (Index tile = 0; tile < count; ++tile)
          transform_output(kPairA, task, tiles, first + tile, out + tile * out_pitch, width, panel * kPanel,
                           width);
      }
    }
  }

 private:
  template <class P>
  P* weights_of(P* weights, Index panel, Index entry) const {
    const Index width = panel_width(channels, panel), deep = pairs_of(inputs);
    return weights + (panel * kPanel * kPairEntries + entry * width) * deep;
  }
  void transform_tile(bfloat16* to, Index tile) const {
    transform_pixels(kPairB, task.x, tiles.picture(tile), task.top + tiles.row(tile),
                     task.left + tiles.column(tile), [&](Index c, int i, const Vector(&row)[kPairTileIn]) {
#pragma GCC unroll 4
                       for (int j = 0; j < kPairTileIn; ++j)
                         store_rounded(to + 2 * (i * kPairTileIn + j) * pairs_of(inputs) + c, row[j]);
                     });
  }
  void multiply_entry(float* out, const bfloat16* in, Index width, const Pair* weights, Index count) const {
    const Index rows = PairProducts::rows(width);
    for (Index tile = 0; tile < count; tile += rows) {
      const Index wanted = smaller(rows, count - tile);
      const bfloat16* a[kMostPairRows];
      float* c[kMostPairRows];
      for (Index i = 0; i < wanted; ++i) {
        a[i] = in + 2 * (tile + i) * in_pitch;
        c[i] = out + (tile + i) * out_pitch;
      }
      multiply_pairs(c, a, wanted, width, {.length = pairs_of(inputs)}, weights, false);
    }
  }
};

}  // namespace
}  // namespace bauta::BAUTA_BACKEND
