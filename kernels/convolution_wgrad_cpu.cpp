// wgrad: dw as a product over output positions, (taps x positions) * (positions x channels of dy).
#include "kernels/convolution_winograd.h"

namespace bauta::BAUTA_BACKEND {
namespace {

// The work, cut into strips of output rows of one picture, panels of dy's channels and slices of the taps.
// dw is summed as [tap][channel]. As many strips as memory allows go side by side, each with sums of its own:
// the fewer times the threads wait for each other, the better. See widens() for `wide`: taps (r, c), channels
// (s, k), and an output row as long as the row of x it sees.
struct Work {
  bool wide;
  Index run, taps;                                 // floats under one row of taps, under the window
  Index channels, pitch, panel_count;              // pitch: channels in whole vectors
  Index row, picture_rows;                         // positions of an output row; output rows of a picture
  Index height, strips_each, strips;               // rows of a strip; strips of a picture, of the batch
  Index sum_floats, packed_floats, window_floats;  // of one strip: sums, dy in panels, a copy of x
  Index sums, slice;                               // strips side by side; taps of a slice

  Work(const Shape& x, const Shape& dy, const Shape& w, ConvGeometry geometry)
      : wide(widens(w.w, geometry.stride, w.n)),
        run(Index{wide ? 1 : w.w} * w.c),
        taps(w.h * run),
        channels(Index{wide ? w.w : 1} * w.n),
        pitch(BAUTA_BACKEND::packed_floats(1, channels)),
        panel_count(panels(channels)),
        row(wide ? dy.w + w.w - 1 : dy.w),
        picture_rows(dy.h),
        height(strip_height(x, dy.h, row)),
        strips_each(ceil_div(dy.h, height)),
        strips(dy.n * strips_each),
        sum_floats(taps * pitch),
        packed_floats(height * row * pitch) {
    const Window highest{0, 0, 0, (height - 1) * geometry.stride + w.h, (dy.w - 1) * geometry.stride + w.w};
    window_floats = geometry.padding > 0 ? highest.floats(x) : 0;
    constexpr Index kFloats = 2 * 1024 * 1024;
    const Index affordable = kFloats / larger(1, sum_floats + packed_floats + window_floats);
    sums = smaller(strips, larger(1, smaller(kPieces, affordable)));
    const Index wanted = ceil_div(kPieces, larger(1, panel_count * sums));
    const Index slices = larger(1, smaller(wanted, taps / (4 * kTileRows)));
    slice = ceil_div(ceil_div(taps, slices), kTileRows) * kTileRows;
  }
  Index picture(Index strip) const { return strip / strips_each; }
  Index first_row(Index strip) const { return strip % strips_each * height; }
  Index rows(Index strip) const { return smaller(height, picture_rows - first_row(strip)); }
};

Window window(const Work& work, Index strip, const Shape& dy, const Shape& w, ConvGeometry geometry) {
  return {work.picture(strip), work.first_row(strip) * geometry.stride - geometry.padding, -geometry.padding,
          (work.rows(strip) - 1) * geometry.stride + w.h, (dy.w - 1) * geometry.stride + w.w};
}

// One panel of a strip of dy, position by position.
void pack_dy(float* packed, ConstView dy, const Work& work, Index strip, Index panel) {
  const Index k = dy.shape.c, width = panel_width(work.channels, panel);
  const Index wanted = panel_columns(work.channels, panel), first = panel * kPanel;
  const Index top = work.picture(strip) * work.picture_rows + work.first_row(strip);
  for (Index i = 0; i < work.rows(strip); ++i) {
    const float* row = dy.floats() + (top + i) * dy.shape.w * k;
    for (Index j = 0; j < work.row; ++j, packed += width) {
      if (!work.wide) {
        pack_row(packed, row + j * k + first, wanted, width);
        continue;
      }
      // Column (s, k) is dy[i, j - s, k].
      Index s = first / k, channel = first % k;
      for (Index column = 0; column < width; ++column) {
        const bool exists = column < wanted && j >= s && j - s < dy.shape.w;
        packed[column] = exists ? row[(j - s) * k + channel] : 0;
        if (++channel == k) channel = 0, ++s;
      }
    }
  }
}

// Taps [first, last) and one panel of channels, over the positions of one strip.
void sum_products(float* sums, const Work& work, Source<float> source, const Runs& positions,
                  const float* packed, Index panel, Index first, Index last, bool add) {
  for (Index tap = first; tap < last; tap += kTileRows) {
    const Index rows = smaller(kTileRows, last - tap);
    const float* from[kTileRows];
    float* to[kTileRows];
    for (Index i = 0; i < rows; ++i) {
      from[i] = source.data + (tap + i) / work.run * source.row_pitch + (tap + i) % work.run;
      to[i] = sums + (tap + i) * work.pitch + panel * kPanel;
    }
    multiply_tile(to, from, rows, panel_width(work.channels, panel), positions, packed, add);
  }
}

// dw (K,R,S,C) from the sums, which are its transpose: a block of taps and channels at a time.
void collect(View dw, const Work& work, const float* sums, GradMode mode, const Context& ctx) {
  const Shape w = dw.shape;
  constexpr Index kBlock = 16;  // a cache line
#pragma omp parallel for collapse(3) schedule(static) num_threads(ctx.threads())
  for (Index r = 0; r < w.h; ++r)
    for (Index s = 0; s < w.w; ++s)
      for (Index c = 0; c < w.c; c += kBlock)
        for (Index k = 0; k < w.n; k += kBlock) {
          const Index taps = smaller(kBlock, w.c - c), channels = smaller(kBlock, w.n - k);
          const Index tap = work.wide ? r * w.c + c : (r * w.w + s) * w.c + c;
          const Index channel = work.wide ? s * w.n + k : k;
          float by_tap[kBlock][kBlock] = {}, by_channel[kBlock][kBlock];
          for (Index i = 0; i < work.sums; ++i)
            for (Index t = 0; t < taps; ++t) {
              const float* const from = sums + (i * work.taps + tap + t) * work.pitch + channel;
              for (Index j = 0; j < channels; ++j) by_tap[t][j] += from[j];
            }
          for (Index j = 0; j < kBlock; j += kLanes)
            for (Index t = 0; t < kBlock; t += kLanes)
              transpose_square(&by_channel[j][t], kBlock, &by_tap[t][j], kBlock);
          for (Index j = 0; j < channels; ++j) {
            float* const to = dw.floats() + (((k + j) * w.h + r) * w.w + s) * w.c + c;
            for (Index t = 0; t < taps; ++t)
              to[t] = by_channel[j][t] + (mode == GradMode::Accumulate ? to[t] : 0);
          }
        }
}

void wgrad_directly(View dw, ConstView x, ConstView dy, ConvGeometry geometry, GradMode mode,
                    const Context& ctx) {
  const Work work(x.shape, dy.shape, dw.shape, geometry);
  const auto seen = [&](Index strip) { return window(work, strip, dy.shape, dw.shape, geometry); };
  const Index copy_rows = work.window_floats > 0 ? seen(0).height : 0;  // no strip sees more
  const Index floats = work.sums * (work.sum_floats + work.packed_floats + work.window_floats);
  float* const sums = ctx.workspace(static_cast<std::size_t>(floats));
  float* const packed = sums + work.sums * work.sum_floats;
  float* const copies = packed + work.sums * work.packed_floats;

#pragma omp parallel num_threads(ctx.threads())
  for (Index first = 0; first < work.strips; first += work.sums) {
    const Index count = smaller(work.sums, work.strips - first);
#pragma omp for collapse(2) schedule(dynamic) nowait
    for (Index i = 0; i < count; ++i)
      for (Index row = 0; row < copy_rows; ++row)
        if (const Window window = seen(first + i); row < window.height && !window.inside(x.shape))
          copy_row(copies + i * work.window_floats + row * window.width * x.shape.c, x, window, row);
#pragma omp for collapse(2) schedule(dynamic)
    for (Index i = 0; i < count; ++i)
      for (Index panel = 0; panel < work.panel_count; ++panel)
        pack_dy(packed + i * work.packed_floats + panel * kPanel * work.rows(first + i) * work.row, dy, work,
                first + i, panel);
#pragma omp for collapse(3) schedule(dynamic)
    for (Index i = 0; i < count; ++i)
      for (Index panel = 0; panel < work.panel_count; ++panel)
        for (Index tap = 0; tap < work.taps; tap += work.slice) {
          const Window window = seen(first + i);
          const Source<float> source = window.inside(x.shape) ? in_picture(x, window)
                                                              : Source<float>{copies + i * work.window_floats,
                                                                              window.width * x.shape.c};
          const Runs positions{.count = work.rows(first + i),
                               .length = work.row,
                               .pitch = geometry.stride * source.row_pitch,
                               .step = Index{geometry.stride} * x.shape.c};
          sum_products(sums + i * work.sum_floats, work, source, positions,
                       packed + i * work.packed_floats + panel * kPanel * positions.count * work.row, panel,
                       tap, smaller(tap + work.slice, work.taps), first > 0);
        }
  }
  collect(dw, work, sums, mode, ctx);
}

}  // namespace

void conv_wgrad(View dw, ConstView x, ConstView dy, ConvGeometry geometry, GradMode mode,
                const Context& ctx) {
  check_fit(__func__, x.shape, dy.shape, dw.shape, geometry);
  const Index positions = Index{dy.shape.n} * dy.shape.h * dy.shape.w;
  if (!winograd_fits(dw.shape.h, dw.shape.w, geometry.stride, x.shape.c, dy.shape.c, positions))
    return wgrad_directly(dw, x, dy, geometry, mode, ctx);
  const WinogradWgrad winograd(x, dy, geometry.padding);
  winograd(dw.floats(), mode, ctx.workspace(static_cast<std::size_t>(winograd.floats())), ctx);
}

}  // namespace bauta::BAUTA_BACKEND
