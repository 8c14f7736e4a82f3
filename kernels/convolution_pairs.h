// Convolution, as it is defined, with factors rounded to bfloat16 and sums in float32: twice float32's rate
// where the CPU has the instruction (pairs_tile.h). What is rounded is a strip of the picture, on its way
// into a thread's second-level cache, where it takes half the room; and the weights, once.
#pragma once

#include "kernels/convolution_direct.h"
#include "kernels/pairs_tile.h"

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

}  // namespace
}  // namespace bauta::BAUTA_BACKEND
