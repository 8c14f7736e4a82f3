// All three passes run register tiles straight over the picture. Under a window's row of taps lie S * C
// floats side by side (NHWC), so one output position is R runs of that length, and nothing is gathered;
// only a window that leaves the picture is copied, with its zeros, a strip of output rows at a time.
#include "kernels/convolution.h"

#include <omp.h>

#include "kernels/check.h"
#include "kernels/register_tile.h"

namespace bauta::BAUTA_BACKEND {
namespace {

// Enough pieces of work for every thread of a large machine. What is cut into pieces, and how, never
// depends on the number of threads, and neither does the result.
constexpr Index kPieces = 32;
// Output positions of a strip: enough to pay for a stretch of weights, few enough for the cache.
constexpr Index strip_positions(Index channels) {
  return larger(64, smaller(512, 128 * 1024 / larger(channels, 1)));
}
constexpr Index strip_rows(Index positions, Index row, Index rows) {
  return larger(1, smaller(positions / larger(row, 1), rows));
}

// The rectangle of a picture that some output positions see; it may reach beyond the picture.
struct Window {
  Index n, top, left, height, width;

  bool inside(const Shape& x) const {
    return top >= 0 && left >= 0 && top + height <= x.h && left + width <= x.w;
  }
  Index floats(const Shape& x) const { return height * width * x.c; }
};

// Row `row` of the window, zeros where it is outside.
void copy_row(float* to, ConstView x, const Window& window, Index row) {
  const Index h = window.top + row, size = window.width * x.shape.c;
  const bool outside = h < 0 || h >= x.shape.h;
  const Index first = outside ? size : smaller(larger(0, -window.left * x.shape.c), size);
  const Index last = larger(first, smaller(size, (x.shape.w - window.left) * x.shape.c));
  const float* from = x.data + ((window.n * x.shape.h + h) * x.shape.w + window.left) * x.shape.c;
  for (Index i = 0; i < first; ++i) to[i] = 0;
  for (Index i = first; i < last; ++i) to[i] = from[i];
  for (Index i = last; i < size; ++i) to[i] = 0;
}

// Where a window's floats are: in the picture, or in a copy.
struct Source {
  const float* data;
  Index row_pitch;
};

Source in_picture(ConstView x, const Window& window) {
  return {x.data + ((window.n * x.shape.h + window.top) * x.shape.w + window.left) * x.shape.c,
          Index{x.shape.w} * x.shape.c};
}

// A correlation over a picture surrounded by zeros: fprop is one, dgrad one for each phase of its stride.
//   y[i, j, k] = sum over r,s,c of x[top + i*stride + r, left + j*stride + s, c] * weights[r, s, c, k]
struct Correlation {
  ConstView x;
  Index taps_h, taps_w, stride, top, left;
  Index rows, columns, channels;  // of y
  float* y;
  Index picture_pitch, row_pitch, column_pitch;  // of y, in floats
  const float* weights;                          // packed panels of taps_h * taps_w * C rows

  Index run() const { return taps_w * x.shape.c; }
  Window window(Index n, Index first, Index last) const {
    return {n, top + first * stride, left, (last - 1 - first) * stride + taps_h,
            (columns - 1) * stride + taps_w};
  }
};

// Output rows [first, last) of picture n, channels of panels [first_panel, last_panel).
void correlate_strip(const Correlation& task, Index n, Index first, Index last, Index first_panel,
                     Index last_panel, float* copy) {
  const Index run = task.run(), runs = run > 0 ? task.taps_h : 0;
  const Window window = task.window(n, first, last);
  Source source{task.x.data, 0};
  if (runs > 0 && window.inside(task.x.shape)) {
    source = in_picture(task.x, window);
  } else if (runs > 0) {
    source = {copy, window.width * task.x.shape.c};
    for (Index row = 0; row < window.height; ++row)
      copy_row(copy + row * source.row_pitch, task.x, window, row);
  }

  const Index positions = (last - first) * task.columns, step = task.stride * task.x.shape.c;
  float* y = task.y + n * task.picture_pitch + first * task.row_pitch;
  for (Index panel = first_panel; panel < last_panel; ++panel) {
    const Index width = panel_width(task.channels, panel);
    const Index wanted = panel_columns(task.channels, panel);
    const float* weights = task.weights + panel * kPanel * runs * run;
    const Index stretch = larger(1, kStretchFloats / (larger(run, 1) * width));
    // Without taps there is one empty stretch, which writes zeros.
    for (Index r = 0; r == 0 || r < runs; r += stretch) {
      const Runs under_window{smaller(stretch, runs - r), run, source.row_pitch, 1};
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
        multiply_tile(to, from, rows, wanted, under_window, weights + r * run * width, r > 0);
      }
    }
  }
}

// The whole task; strips: room for one window a thread.
Index strip_rows_of(const Correlation& task) {
  return strip_rows(strip_positions(task.x.shape.c), task.columns, task.rows);
}
Index copy_floats(const Correlation& task) {
  return larger(0, task.window(0, 0, strip_rows_of(task)).floats(task.x.shape));
}

void correlate(const Correlation& task, Index pictures, float* copies, Index copy_size, const Context& ctx) {
  if (pictures == 0 || task.rows <= 0 || task.columns <= 0) return;
  const Index height = strip_rows_of(task), strips = ceil_div(task.rows, height);
  const Index panel_count = panels(task.channels);
  const Index groups = larger(1, smaller(panel_count, ceil_div(kPieces, strips * pictures)));
  const Index group = ceil_div(panel_count, groups);
#pragma omp parallel for collapse(3) schedule(dynamic) num_threads(ctx.threads())
  for (Index n = 0; n < pictures; ++n)
    for (Index strip = 0; strip < strips; ++strip)
      for (Index panel = 0; panel < panel_count; panel += group)
        correlate_strip(task, n, strip * height, smaller((strip + 1) * height, task.rows), panel,
                        smaller(panel + group, panel_count), copies + omp_get_thread_num() * copy_size);
}

void check_fit(const char* operation, const Shape& x, const Shape& y, const Shape& w, ConvGeometry geometry) {
  const auto check = [&](bool fits, const char* rule) {
    if (!fits)
      fail_check(operation, rule, __FILE__, __LINE__, "x ", x, ", y ", y, ", w ", w, ", stride ",
                 geometry.stride, ", padding ", geometry.padding);
  };
  check(geometry.stride >= 1 && geometry.padding >= 0, "stride >= 1 and padding >= 0");
  check(x.n == y.n, "as many pictures in x as in y");
  check(w.n == y.c && w.c == x.c, "w (K,R,S,C) has the channels of y (N,P,Q,K) and x (N,H,W,C)");
  check(w.h >= 1 && w.w >= 1, "the window has taps");
  check(x.h + 2 * geometry.padding >= w.h && x.w + 2 * geometry.padding >= w.w,
        "the window fits into the picture");
  check(y.h == geometry.output_size(x.h, w.h) && y.w == geometry.output_size(x.w, w.w),
        "y is (x + 2 padding - w) / stride + 1 high and wide");
}

// The taps of one phase of dgrad's rows (or columns). Output h = phase + i * stride meets tap r where
// h + padding - r is a multiple of the stride: r = first, first + stride, ... In the order of growing source
// row i + top + m the taps come last one first.
struct Phase {
  Index first, count, top;

  Phase(Index phase, Index taps, ConvGeometry geometry)
      : first((phase + geometry.padding) % geometry.stride),
        count(first < taps ? ceil_div(taps - first, geometry.stride) : 0),
        top((phase + geometry.padding - first) / geometry.stride - (count - 1)) {}
  Index tap(Index m, Index stride) const { return first + (count - 1 - m) * stride; }
};

// packed[(r, s, k)][c] = w[k, tap r, tap s, c], one panel.
void pack_phase(float* packed, ConstView w, const Phase& down, const Phase& across, Index stride,
                Index panel) {
  const Index width = panel_width(w.shape.c, panel), wanted = panel_columns(w.shape.c, panel);
  for (Index r = 0; r < down.count; ++r)
    for (Index s = 0; s < across.count; ++s)
      for (Index k = 0; k < w.shape.n; ++k, packed += width) {
        const Index tap = (k * w.shape.h + down.tap(r, stride)) * w.shape.w + across.tap(s, stride);
        pack_row(packed, w.data + tap * w.shape.c + panel * kPanel, wanted, width);
      }
}

// wgrad's work: strips of output rows of one picture, panels of dy's channels, slices of the taps. dw is
// summed as [tap][k]; where panels and slices are too few pieces of work, several strips go side by side,
// each with sums of its own.
struct WeightWork {
  Index taps, columns;         // R * S * C; K in whole vectors
  Index height, strip_height;  // output rows of a picture and of a strip
  Index strips_each, strips;   // of a picture; of the batch
  Index row;                   // output positions of a row
  Index panel_count, slice;    // of the channels; taps of a slice
  Index sums;

  WeightWork(const Shape& x, const Shape& dy, const Shape& w)
      : taps(Index{w.h} * w.w * w.c),
        columns(ceil_div(w.n, kLanes) * kLanes),
        height(dy.h),
        strip_height(strip_rows(strip_positions(x.c), dy.w, dy.h)),
        strips_each(ceil_div(dy.h, strip_height)),
        strips(dy.n * strips_each),
        row(dy.w),
        panel_count(panels(w.n)) {
    const Index slices = larger(1, smaller(ceil_div(kPieces, panel_count), taps / (4 * kTileRows)));
    slice = ceil_div(ceil_div(taps, slices), kTileRows) * kTileRows;
    sums = smaller(strips, larger(1, kPieces / (panel_count * slices)));
  }
  Index picture(Index strip) const { return strip / strips_each; }
  Index first_row(Index strip) const { return strip % strips_each * strip_height; }
  Index rows(Index strip) const { return smaller(strip_height, height - first_row(strip)); }
  Index first_position(Index strip) const { return (picture(strip) * height + first_row(strip)) * row; }
};

// One piece: taps [first, last) and one panel of channels, over one strip of `rows` x `row` positions.
void sum_weights(float* sum, const WeightWork& cut, Source source, Index run, const Runs& strip,
                 const float* packed_dy, Index channels, Index panel, Index first, Index last, bool add) {
  for (Index tap = first; tap < last; tap += kTileRows) {
    const Index rows = smaller(kTileRows, last - tap);
    const float* from[kTileRows];
    float* to[kTileRows];
    for (Index i = 0; i < rows; ++i) {
      from[i] = source.data + (tap + i) / run * source.row_pitch + (tap + i) % run;
      to[i] = sum + (tap + i) * cut.columns + panel * kPanel;
    }
    multiply_tile(to, from, rows, panel_width(channels, panel), strip, packed_dy, add);
  }
}

}  // namespace

void conv_fprop(View y, ConstView x, ConstView w, ConvGeometry geometry, const Context& ctx) {
  check_fit(__func__, x.shape, y.shape, w.shape, geometry);
  const Index taps = Index{w.shape.h} * w.shape.w * w.shape.c, channels = w.shape.n;
  Correlation task{x,
                   w.shape.h,
                   w.shape.w,
                   geometry.stride,
                   -geometry.padding,
                   -geometry.padding,
                   y.shape.h,
                   y.shape.w,
                   channels,
                   y.data,
                   y.shape.h * y.shape.w * channels,
                   y.shape.w * channels,
                   channels,
                   nullptr};
  const Index weights = packed_floats(taps, channels), copy = copy_floats(task);
  float* packed = ctx.workspace(static_cast<std::size_t>(weights + copy * ctx.threads()));
#pragma omp parallel for schedule(dynamic) num_threads(ctx.threads())
  for (Index panel = 0; panel < panels(channels); ++panel)
    pack_transposed(packed + panel * kPanel * taps, w.data + panel * kPanel * taps, taps, taps,
                    panel_columns(channels, panel), panel_width(channels, panel));
  task.weights = packed;
  correlate(task, x.shape.n, packed + weights, copy, ctx);
}

void conv_dgrad(View dx, ConstView dy, ConstView w, ConvGeometry geometry, const Context& ctx) {
  check_fit(__func__, dx.shape, dy.shape, w.shape, geometry);
  const Index stride = geometry.stride, channels = dx.shape.c;
  for (Index a = 0; a < smaller(stride, dx.shape.h); ++a)
    for (Index b = 0; b < smaller(stride, dx.shape.w); ++b) {
      const Phase down(a, w.shape.h, geometry), across(b, w.shape.w, geometry);
      const Index row_pitch = dx.shape.w * channels, taps = down.count * across.count * w.shape.n;
      Correlation task{dy,
                       down.count,
                       across.count,
                       1,
                       down.top,
                       across.top,
                       ceil_div(dx.shape.h - a, stride),
                       ceil_div(dx.shape.w - b, stride),
                       channels,
                       dx.data + a * row_pitch + b * channels,
                       dx.shape.h * row_pitch,
                       stride * row_pitch,
                       stride * channels,
                       nullptr};
      const Index weights = packed_floats(taps, channels), copy = copy_floats(task);
      float* packed = ctx.workspace(static_cast<std::size_t>(weights + copy * ctx.threads()));
#pragma omp parallel for schedule(dynamic) num_threads(ctx.threads())
      for (Index panel = 0; panel < panels(channels); ++panel)
        pack_phase(packed + panel * kPanel * taps, w, down, across, stride, panel);
      task.weights = packed;
      correlate(task, dx.shape.n, packed + weights, copy, ctx);
    }
}

void conv_wgrad(View dw, ConstView x, ConstView dy, ConvGeometry geometry, GradMode mode,
                const Context& ctx) {
  check_fit(__func__, x.shape, dy.shape, dw.shape, geometry);
  const Shape w = dw.shape;
  const WeightWork cut(x.shape, dy.shape, w);
  const Index run = Index{w.w} * w.c, channels = w.n, slice = cut.slice;
  const auto window = [&](Index strip) {
    return Window{cut.picture(strip), cut.first_row(strip) * geometry.stride - geometry.padding,
                  -geometry.padding, (cut.rows(strip) - 1) * geometry.stride + w.h,
                  (dy.shape.w - 1) * geometry.stride + w.w};
  };
  const Index copy = window(0).floats(x.shape);  // no strip is higher than the first
  const Index packed = cut.strip_height * dy.shape.w * cut.columns, sum = cut.taps * cut.columns;
  float* const sums = ctx.workspace(static_cast<std::size_t>(cut.sums * (sum + packed + copy)));
  float* const packed_dy = sums + cut.sums * sum;
  float* const copies = packed_dy + cut.sums * packed;

#pragma omp parallel num_threads(ctx.threads())
  for (Index first = 0; first < cut.strips; first += cut.sums) {
    const Index count = smaller(cut.sums, cut.strips - first);
#pragma omp for collapse(2) schedule(dynamic) nowait
    for (Index i = 0; i < count; ++i)
      for (Index row = 0; row < window(0).height; ++row) {
        const Window seen = window(first + i);
        if (row < seen.height && !seen.inside(x.shape))
          copy_row(copies + i * copy + row * seen.width * w.c, x, seen, row);
      }
#pragma omp for collapse(2) schedule(dynamic)
    for (Index i = 0; i < count; ++i)
      for (Index panel = 0; panel < cut.panel_count; ++panel) {
        const Index positions = cut.rows(first + i) * dy.shape.w, width = panel_width(channels, panel);
        const float* from = dy.data + cut.first_position(first + i) * channels + panel * kPanel;
        float* to = packed_dy + i * packed + panel * kPanel * positions;
        for (Index position = 0; position < positions; ++position)
          pack_row(to + position * width, from + position * channels, panel_columns(channels, panel), width);
      }
#pragma omp for collapse(3) schedule(dynamic)
    for (Index i = 0; i < count; ++i)
      for (Index panel = 0; panel < cut.panel_count; ++panel)
        for (Index tap = 0; tap < cut.taps; tap += slice) {
          const Window seen = window(first + i);
          const Source source =
              seen.inside(x.shape) ? in_picture(x, seen) : Source{copies + i * copy, seen.width * w.c};
          const Index rows = cut.rows(first + i);
          sum_weights(sums + i * sum, cut, source, run,
                      {rows, dy.shape.w, geometry.stride * source.row_pitch, Index{geometry.stride} * w.c},
                      packed_dy + i * packed + panel * kPanel * rows * dy.shape.w, channels, panel, tap,
                      smaller(tap + slice, cut.taps), first > 0);
        }
  }

  // dw (K,R,S,C) is the transpose of the sums.
  constexpr Index kBlock = 16;
#pragma omp parallel for schedule(static) num_threads(ctx.threads())
  for (Index block = 0; block < cut.taps; block += kBlock)
    for (Index k = 0; k < channels; ++k)
      for (Index tap = block; tap < smaller(block + kBlock, cut.taps); ++tap) {
        float& to = dw.data[k * cut.taps + tap];
        float value = mode == GradMode::Accumulate ? to : 0;
        for (Index i = 0; i < cut.sums; ++i) value += sums[i * sum + tap * cut.columns + k];
        to = value;
      }
}

}  // namespace bauta::BAUTA_BACKEND
