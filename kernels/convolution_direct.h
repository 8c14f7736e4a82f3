// A correlation as it is defined, strip by strip of output rows; Products says how numbers are multiplied:
// FloatProducts as float32, PairProducts (convolution_pairs.h) rounded to bfloat16.
#pragma once

#include <omp.h>

#include "kernels/convolution_window.h"

namespace bauta::BAUTA_BACKEND {
namespace {

struct FloatProducts {
  using Element = float;  // what tiles read of a picture
  using Weight = float;   // of a panel
  static constexpr int kMostRows = kTileRows;
  static constexpr Index rows(Index /* columns of a tile */) { return kTileRows; }
  static constexpr Index depth(Index run) { return run; }  // rows of a panel under a run
  static Index copy_floats(const Shape& x, const Window& window) { return larger(0, window.floats(x)); }

  static Source<float> source(ConstView x, const Window& window, float* copy) {
    if (window.inside(x.shape)) return in_picture(x, window);
    const Index row_pitch = window.width * x.shape.c;
    for (Index row = 0; row < window.height; ++row) copy_row(copy + row * row_pitch, x, window, row);
    return {copy, row_pitch};
  }
  static void multiply(float* const* c, const float* const* a, Index rows, Index columns, const Runs& runs,
                       const float* b, bool add) {
    multiply_tile(c, a, rows, columns, runs, b, add);
  }

  // Panels are taken as they are packed.
  static constexpr bool kOwnPanels = false;
  static Index panel_floats(const Correlation& task) { return task.weight_floats(); }
  static void make_panels(float*, const float*, const Correlation&, const Context&) {}
};

// Output rows [first, last) of picture n, channels of panels [first_panel, last_panel), to y.
template <class Products>
void correlate_strip(const Correlation& task, Index n, Index first, Index last, Index first_panel,
                     Index last_panel, float* y, float* copy) {
  const Index run = task.run(), runs = run > 0 ? task.taps_h : 0, depth = Products::depth(run);
  Source<typename Products::Element> source{nullptr, 0};
  if (runs > 0) source = Products::source(task.x, task.window(n, first, last), copy);

  const Index positions = (last - first) * task.columns, step = task.stride * task.x.shape.c;
  for (Index panel = first_panel; panel < last_panel; ++panel) {
    const Index width = panel_width(task.channels, panel), wanted = panel_columns(task.channels, panel);
    const auto* weights =
        reinterpret_cast<const typename Products::Weight*>(task.weights) + panel * kPanel * runs * depth;
    const Index stretch = larger(1, kStretchFloats / (larger(depth, 1) * width));
    // Without taps there is one empty stretch, which writes zeros.
    for (Index r = 0; r == 0 || r < runs; r += stretch) {
      const Runs taps{.count = smaller(stretch, runs - r), .length = depth, .pitch = source.row_pitch};
      Index i = 0, j = 0;
      for (Index position = 0; position < positions; position += Products::rows(wanted)) {
        const Index rows = smaller(Products::rows(wanted), positions - position);
        const typename Products::Element* from[Products::kMostRows];
        float* to[Products::kMostRows];
        for (Index row = 0; row < rows; ++row) {
          from[row] = source.data + (i * task.stride + r) * source.row_pitch + j * step;
          to[row] = y + i * task.row_pitch + j * task.column_pitch + panel * kPanel;
          if (++j == task.columns) j = 0, ++i;
        }
        Products::multiply(to, from, rows, wanted, taps, weights + r * depth * width, r > 0);
      }
    }
  }
}

// y[i, j, k] = sum over s of wide[i, j + s, (s,k)]
inline void add_neighbours(const Correlation& task, Index rows, const float* wide, float* y) {
  const Correlation widened = task.widened();
  for (Index i = 0; i < rows; ++i)
    for (Index j = 0; j < task.columns; ++j) {
      const float* from = wide + i * widened.row_pitch + j * widened.column_pitch;
      for (Index k = 0; k < task.channels; ++k) {
        float sum = 0;
        for (Index s = 0; s < task.taps_w; ++s) sum += from[s * (widened.column_pitch + task.channels) + k];
        y[i * task.row_pitch + j * task.column_pitch + k] = sum;
      }
    }
}

// Scratch of one thread: a window's copy and, if any, the wide strip.
template <class Products>
struct StripScratch {
  Index copy, wide;
  explicit StripScratch(const Correlation& task)
      : copy(Products::copy_floats(task.x.shape, task.window(0, 0, task.strip()))),
        wide(task.wide() ? task.strip() * task.widened().row_pitch : 0) {}
  Index floats() const { return copy + wide; }
};

template <class Products>
void correlate_directly(const Correlation& task, float* scratch, const Context& ctx) {
  const Index pictures = task.x.shape.n;
  const bool wide = task.wide();
  const Index height = task.strip(), strips = ceil_div(task.rows, height);
  const StripScratch<Products> each(task);
  const Index panel_count = panels(task.channels);
  const Index groups = wide ? 1 : ceil_div(kPieces, larger(1, strips * pictures));
  const Index group = larger(1, ceil_div(panel_count, groups));
#pragma omp parallel for collapse(3) schedule(dynamic) num_threads(ctx.threads())
  for (Index n = 0; n < pictures; ++n)
    for (Index strip = 0; strip < strips; ++strip)
      for (Index panel = 0; panel < panel_count; panel += group) {
        const Index first = strip * height, last = smaller(first + height, task.rows);
        float* copy = scratch + omp_get_thread_num() * each.floats();
        float* y = task.y + n * task.picture_pitch + first * task.row_pitch;
        if (wide) {
          const Correlation widened = task.widened();
          correlate_strip<Products>(widened, n, first, last, 0, panels(widened.channels), copy + each.copy,
                                    copy);
          add_neighbours(task, last - first, copy + each.copy, y);
        } else {
          correlate_strip<Products>(task, n, first, last, panel, smaller(panel + group, panel_count), y,
                                    copy);
        }
      }
}

}  // namespace
}  // namespace bauta::BAUTA_BACKEND
