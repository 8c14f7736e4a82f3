// fprop and dgrad: both are correlations, dgrad with the channels' roles swapped and the taps turned around.
#include "kernels/convolution.h"

#include <omp.h>

#include "kernels/convolution_winograd.h"

namespace bauta::BAUTA_BACKEND {
namespace {

// Output rows [first, last) of picture n, channels of panels [first_panel, last_panel), to y.
void correlate_strip(const Correlation& task, Index n, Index first, Index last, Index first_panel,
                     Index last_panel, float* y, float* copy) {
  const Index run = task.run(), runs = run > 0 ? task.taps_h : 0;
  Source source{task.x.floats(), 0};
  if (const Window window = task.window(n, first, last); runs > 0) {
    if (window.inside(task.x.shape)) {
      source = in_picture(task.x, window);
    } else {
      source = {copy, window.width * task.x.shape.c};
      for (Index row = 0; row < window.height; ++row)
        copy_row(copy + row * source.row_pitch, task.x, window, row);
    }
  }

  const Index positions = (last - first) * task.columns, step = task.stride * task.x.shape.c;
  for (Index panel = first_panel; panel < last_panel; ++panel) {
    const Index width = panel_width(task.channels, panel), wanted = panel_columns(task.channels, panel);
    const float* weights = task.weights + panel * kPanel * runs * run;
    const Index stretch = larger(1, kStretchFloats / (larger(run, 1) * width));
    // Without taps there is one empty stretch, which writes zeros.
    for (Index r = 0; r == 0 || r < runs; r += stretch) {
      const Runs taps{.count = smaller(stretch, runs - r), .length = run, .pitch = source.row_pitch};
      Index i = 0, j = 0;
      for (Index position = 0; position < positions; position += kTileRows) {
        const Index rows = smaller(kTileRows, positions - position);
        const float* from[kTileRows];
        float* to[kTileRows];
        for (Index row = 0; row < rows; ++row) {
          from[row] = source.data + (i * task.stride + r) * source.row_pitch + j * step;
          to[row] = y + i * task.row_pitch + j * task.column_pitch + panel * kPanel;
          if (++j == task.columns) j = 0, ++i;
        }
        multiply_tile(to, from, rows, wanted, taps, weights + r * run * width, r > 0);
      }
    }
  }
}

// y[i, j, k] = sum over s of wide[i, j + s, (s,k)]
void add_neighbours(const Correlation& task, Index rows, const float* wide, float* y) {
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

void correlate_directly(const Correlation& task, float* scratch, const Context& ctx) {
  const Index pictures = task.x.shape.n;
  const bool wide = task.wide();
  const Index height = task.strip(), strips = ceil_div(task.rows, height);
  const Index copy_floats = task.copy_floats(), thread_floats = copy_floats + task.wide_floats();
  const Index panel_count = panels(task.channels);
  const Index groups = wide ? 1 : ceil_div(kPieces, larger(1, strips * pictures));
  const Index group = larger(1, ceil_div(panel_count, groups));
#pragma omp parallel for collapse(3) schedule(dynamic) num_threads(ctx.threads())
  for (Index n = 0; n < pictures; ++n)
    for (Index strip = 0; strip < strips; ++strip)
      for (Index panel = 0; panel < panel_count; panel += group) {
        const Index first = strip * height, last = smaller(first + height, task.rows);
        float* copy = scratch + omp_get_thread_num() * thread_floats;
        float* y = task.y + n * task.picture_pitch + first * task.row_pitch;
        if (wide) {
          const Correlation widened = task.widened();
          correlate_strip(widened, n, first, last, 0, panels(widened.channels), copy + copy_floats, copy);
          add_neighbours(task, last - first, copy + copy_floats, y);
        } else {
          correlate_strip(task, n, first, last, panel, smaller(panel + group, panel_count), y, copy);
        }
      }
}

// pack(to): the weights in panels. They, or what Winograd makes of them, are kept as `part` of `forms`.
template <class Pack>
void correlate(Correlation task, KeptForms* forms, std::size_t part, const Context& ctx, const Pack& pack) {
  static constexpr char kPanels = 0, kTransforms = 0;  // the forms' names
  const WinogradCorrelation winograd(task, ctx.threads());
  const bool transforms = winograd_fits(task);
  const Index packed_floats = task.weight_floats();
  const Index floats = transforms ? winograd.weight_floats() : packed_floats;
  KeptForms::Form form{nullptr, false};
  if (forms)
    form = forms->form(part, static_cast<std::size_t>(floats), transforms ? &kTransforms : &kPanels, ctx);

  const Index thread_floats = transforms ? winograd.thread_floats() : task.copy_floats() + task.wide_floats();
  const Index passing = transforms && !form.ready ? packed_floats : 0;  // panels on their way
  float* const weights = ctx.workspace(
      static_cast<std::size_t>(ctx.threads() * thread_floats + passing + (form.memory ? 0 : floats)));
  float* const packed = weights + (form.memory ? 0 : floats);
  if (!form.memory) form.memory = weights;
  if (!form.ready) {
    pack(transforms ? packed : form.memory);
    if (transforms) winograd.transform_all_weights(form.memory, packed, ctx);
  }
  if (transforms) {
    winograd.run(form.memory, packed + passing, ctx);
  } else {
    task.weights = form.memory;
    correlate_directly(task, packed, ctx);
  }
}

// weight(r, s, c, k) in rows (r, c) of columns (s, k); there are few.
template <class Weight>
void pack_wide(float* packed, const Correlation& task, Weight weight) {
  const Index columns = task.taps_w * task.channels;
  for (Index panel = 0; panel < panels(columns); ++panel)
    for (Index r = 0; r < task.taps_h; ++r)
      for (Index c = 0; c < task.x.shape.c; ++c)
        for (Index j = panel * kPanel; j < panel * kPanel + panel_width(columns, panel); ++j)
          *packed++ = j < columns ? weight(r, j / task.channels, c, j % task.channels) : 0;
}

// One phase of dgrad: every stride-th row and column of dx is a correlation over dy with the taps that reach
// it. No product with zero is computed, and no two phases write the same place.
void dgrad_phase(View dx, ConstView dy, const Weights& from, Index row, Index column, ConvGeometry geometry,
                 const Context& ctx) {
  const ConstView w = from.view;
  const Phase down(row, w.shape.h, geometry), across(column, w.shape.w, geometry);
  const Index channels = dx.shape.c, pitch = dx.shape.w * channels, stride = geometry.stride;
  Correlation task{.x = dy,
                   .taps_h = down.count,
                   .taps_w = across.count,
                   .stride = 1,
                   .top = down.top,
                   .left = across.top,
                   .rows = ceil_div(dx.shape.h - row, stride),
                   .columns = ceil_div(dx.shape.w - column, stride),
                   .channels = channels,
                   .y = dx.floats() + row * pitch + column * channels,
                   .picture_pitch = dx.shape.h * pitch,
                   .row_pitch = stride * pitch,
                   .column_pitch = stride * channels};
  // Row (r, s, k) of the weights is w[k, tap r, tap s], already in the order of c.
  const auto weights = [&](Index r, Index s, Index k) {
    return w.floats() + ((k * w.shape.h + down.tap(r)) * w.shape.w + across.tap(s)) * channels;
  };
  correlate(task, from.kept, static_cast<std::size_t>(row * stride + column), ctx, [&](float* packed) {
    if (task.wide())
      return pack_wide(packed, task, [&](Index r, Index s, Index k, Index c) { return weights(r, s, k)[c]; });
#pragma omp parallel for collapse(2) schedule(static) num_threads(ctx.threads())
    for (Index panel = 0; panel < panels(channels); ++panel)
      for (Index tap = 0; tap < task.taps_h * task.taps_w; ++tap) {
        const Index width = panel_width(channels, panel), outputs = w.shape.n;
        float* to = packed + panel * kPanel * task.taps() + tap * outputs * width;
        for (Index k = 0; k < outputs; ++k)
          pack_row(to + k * width, weights(tap / task.taps_w, tap % task.taps_w, k) + panel * kPanel,
                   panel_columns(channels, panel), width);
      }
  });
}

}  // namespace

void conv_fprop(View y, ConstView x, const Weights& weights, ConvGeometry geometry, const Context& ctx) {
  const ConstView w = weights.view;
  check_fit(__func__, x.shape, y.shape, w.shape, geometry);
  const Index channels = w.shape.n, row_pitch = y.shape.w * channels;
  Correlation task{.x = x,
                   .taps_h = w.shape.h,
                   .taps_w = w.shape.w,
                   .stride = geometry.stride,
                   .top = -geometry.padding,
                   .left = -geometry.padding,
                   .rows = y.shape.h,
                   .columns = y.shape.w,
                   .channels = channels,
                   .y = y.floats(),
                   .picture_pitch = y.shape.h * row_pitch,
                   .row_pitch = row_pitch,
                   .column_pitch = channels};
  const Index taps = task.taps();
  correlate(task, weights.kept, 0, ctx, [&](float* packed) {
    if (task.wide())
      return pack_wide(packed, task, [&](Index r, Index s, Index c, Index k) {
        return w.floats()[((k * w.shape.h + r) * w.shape.w + s) * w.shape.c + c];
      });
#pragma omp parallel for schedule(dynamic) num_threads(ctx.threads())
    for (Index panel = 0; panel < panels(channels); ++panel)
      pack_transposed(packed + panel * kPanel * taps, w.floats() + panel * kPanel * taps, taps, taps,
                      panel_columns(channels, panel), panel_width(channels, panel));
  });
}

void conv_dgrad(View dx, ConstView dy, const Weights& w, ConvGeometry geometry, const Context& ctx) {
  check_fit(__func__, dx.shape, dy.shape, w.view.shape, geometry);
  for (Index row = 0; row < smaller(geometry.stride, dx.shape.h); ++row)
    for (Index column = 0; column < smaller(geometry.stride, dx.shape.w); ++column)
      dgrad_phase(dx, dy, w, row, column, geometry, ctx);
}

}  // namespace bauta::BAUTA_BACKEND
