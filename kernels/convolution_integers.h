// 3x3 convolutions of stride 1 by Winograd's F(4x4, 3x3), as in convolution_winograd.h, with factors of 16
// bits:
//
//   Y = A^T [ (G w G^T) . (B^T X B) ] A
//
// Rounded to bfloat16, the transforms are too coarse: their errors grow as they are added up with A's large
// and small numbers, to 4 times what rounding x and w itself costs. But what is summed over channels, an
// entry of one tile and an entry of one filter, is a row of numbers of like size. So each row gets a factor
// that makes its length (the root of the sum of squares) 32000, and is rounded to integers: with 256 channels
// some 11 bits of an ordinary number, where bfloat16 keeps 8. By Cauchy and Schwarz no sum of products
// exceeds 32000^2 by more than roundings, so none overflows 32 bits; and a sum of integers has no error of
// its own.
//
// The points are 0, 1/2, -1/2, 3/2, -3/2 and infinity, which spread errors half as far as 0, 1, -1, 2, -2 do.
// README.md has the errors. Rows longer than 1e19 are beyond float32's squares: their tiles become infinite,
// or no numbers. Shorter than 1e-19, their squares lose bits, and they their scale; than 1e-22, they count as
// zeros.
#pragma once

#include <omp.h>

#ifdef BAUTA_BYTE_TILES
#include "kernels/integer_bytes.h"
#else
#include "kernels/integer_rows.h"
#endif
#include "kernels/winograd_transforms.h"

namespace bauta::BAUTA_BACKEND {
namespace {

constexpr int kTileIn = 6, kTileOut = 4;
constexpr Index kEntries = kTileIn * kTileIn;

constexpr float kB[6][6] = {{9 / 16.f, 0, -5 / 2.f, 0, 1, 0},       {0, -9 / 8.f, -9 / 4.f, 1 / 2.f, 1, 0},
                            {0, 9 / 8.f, -9 / 4.f, -1 / 2.f, 1, 0}, {0, -3 / 8.f, -1 / 4.f, 3 / 2.f, 1, 0},
                            {0, 3 / 8.f, -1 / 4.f, -3 / 2.f, 1, 0}, {0, 9 / 16.f, 0, -5 / 2.f, 0, 1}};  // B^T
constexpr float kG[6][3] = {{16 / 9.f, 0, 0},
                            {-1, -1 / 2.f, -1 / 4.f},
                            {-1, 1 / 2.f, -1 / 4.f},
                            {1 / 9.f, 1 / 6.f, 1 / 4.f},
                            {1 / 9.f, -1 / 6.f, 1 / 4.f},
                            {0, 0, 1}};
constexpr float kA[6][4] = {{1, 0, 0, 0},
                            {1, 1 / 2.f, 1 / 4.f, 1 / 8.f},
                            {1, -1 / 2.f, 1 / 4.f, -1 / 8.f},
                            {1, 3 / 2.f, 9 / 4.f, 27 / 8.f},
                            {1, -3 / 2.f, 9 / 4.f, -27 / 8.f},
                            {0, 0, 0, 1}};
static_assert(has_pairs(kB) && has_pairs(kG) && has_pairs(kA));

#ifdef BAUTA_BYTE_TILES
using IntegerRows = ByteRows;
#else
using IntegerRows = PairRows;
#endif

// A correlation's blocks of tiles: each thread transforms one, then multiplies and transforms back a panel of
// channels at a time, all in memory of its own that stays in its second-level cache.
struct IntegerWinograd {
  const Correlation& task;
  Tiles<kTileOut> tiles;
  Index inputs, channels, words;  // of a row of inputs
  Index transform_pitch;          // of a tile's entries, in floats, before they are rounded
  Index in_pitch, out_pitch;      // from tile to tile: rows of x, sums of a panel
  Shares shares;

  static constexpr Index kRows = IntegerRows::kRows;

  IntegerWinograd(const Correlation& correlation, int threads)
      : task(correlation),
        tiles(task.x.shape.n, task.rows, task.columns),
        inputs(task.x.shape.c),
        channels(task.channels),
        words(IntegerRows::words(inputs)),
        transform_pitch(entry_pitch(inputs)),
        in_pitch(kEntries * words + 16),
        out_pitch(kEntries * smaller(channels, kPanel) + 16),
        shares(ceil_div(tiles.count, kRows), kBlockFloats / (kRows * (in_pitch + out_pitch)),
               panels(channels), threads) {}
  static bool fits(const Correlation& task) { return winograd_fits(task); }
  // An entry's rows of words, and what brings each channel's sums back; then the factor of each input
  // channel.
  Index weight_floats() const { return factors_at() + inputs; }
  Index thread_floats() const {
    return kEntries * transform_pitch + block() * (in_pitch + out_pitch + kEntries);
  }

  void transform_all_weights(float* to, const float* packed, const Context& ctx) const {
#pragma omp parallel for schedule(static) num_threads(ctx.threads())
    for (Index c = 0; c < inputs; ++c) to[factors_at() + c] = length_of_weights(packed, c);
#pragma omp parallel for collapse(2) schedule(static) num_threads(ctx.threads())
    for (Index panel = 0; panel < panels(channels); ++panel)
      for (Index vector = 0; vector < kPanelVectors; ++vector)
        if (vector * kLanes < panel_width(channels, panel))
          transform_weights(to, packed + panel * kPanel * 9 * inputs, panel, vector * kLanes);
  }

  // scratch: thread_floats() for each thread.
  void run(const float* weights, float* scratch, const Context& ctx) const {
#pragma omp parallel for collapse(2) schedule(dynamic) num_threads(ctx.threads())
    for (Index begin = 0; begin < panels(channels); begin += shares.panels)
      for (Index first = 0; first < tiles.count; first += block()) {
        float* const transforms = scratch + omp_get_thread_num() * thread_floats();
        float* const sums = transforms + kEntries * transform_pitch;
        float* const back = sums + block() * out_pitch;  // [tile][entry]
        float* const rows = back + block() * kEntries;
        const Index count = smaller(block(), tiles.count - first),
                    end = smaller(begin + shares.panels, panels(channels));
        IntegerRows::Products products;
        for (Index tile = 0; tile < count; ++tile)
          transform_tile(rows + tile * in_pitch, back + tile * kEntries, transforms, weights + factors_at(),
                         first + tile);
        for (Index panel = begin; panel < end; ++panel) {
          const Index width = panel_width(channels, panel);
          for (Index entry = 0; entry < kEntries; ++entry)
            products(sums + entry * width, out_pitch, rows + entry * words, in_pitch, count,
                     weights_of(weights, panel, entry), width, words);
          for (Index tile = 0; tile < count; ++tile)
            transform_output(
                kA, task, tiles, first + tile, panel * kPanel, width, [&](int i, int j, Index k) {
                  const Index entry = i * kTileIn + j;
                  const Integers sum =
                      load_pairs(reinterpret_cast<const Pair*>(sums + tile * out_pitch + entry * width + k));
                  const float* const of_weights = weights_of(weights, panel, entry) + words * width + k;
                  return to_floats(sum) * (load(of_weights) * back[tile * kEntries + entry]);
                });
        }
      }
  }

 private:
  static constexpr Index kBlockFloats = 192 * 1024;
  Index block() const { return kRows * shares.groups; }
  Index factors_at() const { return kEntries * (words + 1) * channels; }
  // Of one input channel: what all filters have of it. 1 where that is nothing.
  float length_of_weights(const float* packed, Index c) const {
    float squares = 0;
    for (Index panel = 0; panel < panels(channels); ++panel) {
      const Index width = panel_width(channels, panel);
      for (Index tap = 0; tap < 9; ++tap)
        squares += sum_of_squares(packed + panel * kPanel * 9 * inputs + (tap * inputs + c) * width, width);
    }
    return squares > 0 ? __builtin_sqrtf(squares) : 1;
  }

  // Panel by panel, entry by entry.
  template <class Float>
  Float* weights_of(Float* weights, Index panel, Index entry) const {
    return weights + (panel * kPanel * kEntries + entry * panel_width(channels, panel)) * (words + 1);
  }

  // G w G^T of channels k, k + 1, ... of a panel, for input channel c: row i to put(i, row).
  template <class Put>
  [[gnu::always_inline]] void each_filter(const float* panel_taps, const float* factors, Index width, Index k,
                                          Index c, const Put& put) const {
    const float factor = 1 / factors[c];
    transform(
        kG, [&](int r, int s) { return load(panel_taps + ((r * 3 + s) * inputs + c) * width + k) * factor; },
        put);
  }

  // One vector of channels, k and on: once for their length, once more to be rounded.
  void transform_weights(float* to, const float* panel_taps, Index panel, Index k) const {
    const Index width = panel_width(channels, panel);
    Vector squares[kEntries] = {}, factor[kEntries];
    for (Index c = 0; c < inputs; ++c)
      each_filter(panel_taps, to + factors_at(), width, k, c, [&](int i, const Vector(&row)[kTileIn]) {
        for (int j = 0; j < kTileIn; ++j) squares[i * kTileIn + j] += row[j] * row[j];
      });
    for (Index entry = 0; entry < kEntries; ++entry)
      for (int lane = 0; lane < kLanes; ++lane) {
        const RowFactor of_row(squares[entry][lane]);
        factor[entry][lane] = of_row.to_row;
        weights_of(to, panel, entry)[words * width + k + lane] = of_row.back;
      }
    for (Index step = 0; step < IntegerRows::steps(inputs); ++step) {
      Integers integers[kEntries][IntegerRows::kTogether];
      for (Index i = 0; i < IntegerRows::kTogether; ++i) {
        const Index c = IntegerRows::kTogether * step + i;
        if (c >= inputs) {
          for (auto& of_entry : integers) of_entry[i] = Integers{};
          continue;
        }
        each_filter(panel_taps, to + factors_at(), width, k, c,
                    [&](int row, const Vector(&filters)[kTileIn]) {
                      for (int j = 0; j < kTileIn; ++j)
                        integers[row * kTileIn + j][i] = to_integers(filters[j], factor[row * kTileIn + j]);
                    });
      }
      for (Index entry = 0; entry < kEntries; ++entry)
        IntegerRows::put_columns(weights_of(to, panel, entry) + k, width, words, step, integers[entry]);
    }
  }

  void transform_tile(float* rows, float* back, float* transforms, const float* factors, Index tile) const {
    transform_pixels(kB, task.x, tiles.picture(tile), task.top + tiles.row(tile),
                     task.left + tiles.column(tile), [&](Index c, int i, const Vector(&row)[kTileIn]) {
#pragma GCC unroll 8
                       for (int j = 0; j < kTileIn; ++j)
                         store(transforms + (i * kTileIn + j) * transform_pitch + c,
                               row[j] * load(factors + c));
                     });
    for (Index entry = 0; entry < kEntries; ++entry) {
      const float* const row = transforms + entry * transform_pitch;
      const RowFactor factor(sum_of_squares(row, inputs));
      IntegerRows::put_row(rows + entry * words, row, factor.to_row, inputs);
      back[entry] = factor.back;
    }
  }
};

}  // namespace
}  // namespace bauta::BAUTA_BACKEND
