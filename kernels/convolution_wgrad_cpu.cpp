// wgrad: dw as a product over positions, (taps x positions) * (positions x channels). The taps' numbers are
// rows that lie in the picture already, the channels' are packed into panels.
#include "kernels/convolution_winograd.h"

namespace bauta::BAUTA_BACKEND {
namespace {

// What plays which part:
//   sums[(r, s, c)][k] = sum over i,j of x[top + i*stride + r, left + j*stride + s, c] * dy[i, j, k]
// which are dw's. Few channels of dy would leave most lanes of a vector idle. Then dy is taken for x and x
// for dy, with the taps turned around: dw[k, R-1-r, S-1-s, c] are the sums' [(r, s, k)][c]. Needs stride 1.
struct Roles {
  bool exchanged;
  ConstView x, dy;
  Index taps_h, taps_w, stride, top, left;

  Roles(ConstView from, ConstView gradient, const Shape& w, ConvGeometry geometry)
      : exchanged(geometry.stride == 1 && 2 * w.n <= kLanes && w.c > w.n),
        x(exchanged ? gradient : from),
        dy(exchanged ? from : gradient),
        taps_h(w.h),
        taps_w(w.w),
        stride(geometry.stride),
        top(exchanged ? geometry.padding - (w.h - 1) : -geometry.padding),
        left(exchanged ? geometry.padding - (w.w - 1) : -geometry.padding) {}
  Index run() const { return taps_w * x.shape.c; }  // floats under one row of taps
  Index taps() const { return taps_h * run(); }
};

// The work, cut into strips of rows of one picture's dy, panels of its channels and slices of the taps. As
// many strips as memory allows go side by side, each with sums of its own: the fewer times the threads wait
// for each other, the better.
struct Work {
  Roles roles;
  Index pitch, panel_count;                        // of sums: channels in whole vectors
  Index height, strips_each, strips;               // rows of a strip; strips of a picture, of the batch
  Index sum_floats, packed_floats, window_floats;  // of one strip: sums, dy in panels, a copy of x
  Index sums, slice;                               // strips side by side; taps of a slice

  explicit Work(const Roles& given)
      : roles(given),
        pitch(BAUTA_BACKEND::packed_floats(1, roles.dy.shape.c)),
        panel_count(panels(roles.dy.shape.c)),
        height(strip_height(roles.x.shape, roles.dy.shape.h, roles.dy.shape.w)),
        strips_each(ceil_div(roles.dy.shape.h, height)),
        strips(roles.dy.shape.n * strips_each),
        sum_floats(roles.taps() * pitch),
        packed_floats(height * roles.dy.shape.w * pitch) {
    const Shape &x = roles.x.shape, &dy = roles.dy.shape;
    const Window all = seen(0, dy.h), highest = seen(0, height);
    window_floats = all.inside(x) ? 0 : highest.floats(x);
    constexpr Index kFloats = 2 * 1024 * 1024;
    const Index affordable = kFloats / larger(1, sum_floats + packed_floats + window_floats);
    sums = smaller(strips, larger(1, smaller(kPieces, affordable)));
    const Index wanted = ceil_div(kPieces, larger(1, panel_count * sums));
    const Index slices = larger(1, smaller(wanted, roles.taps() / (4 * kTileRows)));
    slice = ceil_div(ceil_div(roles.taps(), slices), kTileRows) * kTileRows;
  }
  Index channels() const { return roles.dy.shape.c; }
  Index picture(Index strip) const { return strip / strips_each; }
  Index first_row(Index strip) const { return strip % strips_each * height; }
  Index rows(Index strip) const { return smaller(height, roles.dy.shape.h - first_row(strip)); }
  // What the strip sees of x.
  Window window(Index strip) const {
    Window window = seen(first_row(strip), rows(strip));
    window.n = picture(strip);
    return window;
  }

 private:
  Window seen(Index first, Index count) const {
    return {0, roles.top + first * roles.stride, roles.left, (count - 1) * roles.stride + roles.taps_h,
            (roles.dy.shape.w - 1) * roles.stride + roles.taps_w};
  }
};

// One panel of a strip of dy, position by position.
void pack_dy(float* packed, const Work& work, Index strip, Index panel) {
  const Shape& dy = work.roles.dy.shape;
  const Index width = panel_width(dy.c, panel), wanted = panel_columns(dy.c, panel);
  const float* from = work.roles.dy.floats() +
                      (work.picture(strip) * dy.h + work.first_row(strip)) * dy.w * dy.c + panel * kPanel;
  for (Index i = 0; i < work.rows(strip) * dy.w; ++i, packed += width, from += dy.c)
    pack_row(packed, from, wanted, width);
}

// Taps [first, last) and one panel of channels, over the positions of one strip.
void sum_products(float* sums, const Work& work, Source<float> source, const Runs& positions,
                  const float* packed, Index panel, Index first, Index last, bool add) {
  const Index run = work.roles.run();
  for (Index tap = first; tap < last; tap += kTileRows) {
    const Index rows = smaller(kTileRows, last - tap);
    const float* from[kTileRows];
    float* to[kTileRows];
    for (Index i = 0; i < rows; ++i) {
      from[i] = source.data + (tap + i) / run * source.row_pitch + (tap + i) % run;
      to[i] = sums + (tap + i) * work.pitch + panel * kPanel;
    }
    multiply_tile(to, from, rows, panel_width(work.channels(), panel), positions, packed, add);
  }
}

// dw (K,R,S,C) from the sums, which are its transpose: a block of taps and channels at a time.
void collect(View dw, const Work& work, const float* sums, GradMode mode, const Context& ctx) {
  const Index taps = work.roles.taps(), channels = work.channels();
  constexpr Index kBlock = 16;  // a cache line
#pragma omp parallel for collapse(2) schedule(static) num_threads(ctx.threads())
  for (Index tap = 0; tap < taps; tap += kBlock)
    for (Index k = 0; k < channels; k += kBlock) {
      const Index down = smaller(kBlock, taps - tap), across = smaller(kBlock, channels - k);
      float by_tap[kBlock][kBlock] = {}, by_channel[kBlock][kBlock];
      for (Index i = 0; i < work.sums; ++i)
        for (Index t = 0; t < down; ++t) {
          const float* const from = sums + (i * taps + tap + t) * work.pitch + k;
          for (Index j = 0; j < across; ++j) by_tap[t][j] += from[j];
        }
      for (Index j = 0; j < kBlock; j += kLanes)
        for (Index t = 0; t < kBlock; t += kLanes)
          transpose_square(&by_channel[j][t], kBlock, &by_tap[t][j], kBlock);
      for (Index j = 0; j < across; ++j) {
        float* const to = dw.floats() + (k + j) * taps + tap;
        for (Index t = 0; t < down; ++t)
          to[t] = by_channel[j][t] + (mode == GradMode::Accumulate ? to[t] : 0);
      }
    }
}

// The same where the roles are exchanged: the taps are turned around, and nothing is transposed.
void collect_exchanged(View dw, const Work& work, const float* sums, GradMode mode, const Context& ctx) {
  const Shape w = dw.shape;
  const Index taps = work.roles.taps();
#pragma omp parallel for collapse(2) schedule(static) num_threads(ctx.threads())
  for (Index k = 0; k < w.n; ++k)
    for (Index place = 0; place < Index{w.h} * w.w; ++place) {
      const Index tap = (Index{w.h} * w.w - 1 - place) * w.n + k;
      float* const to = dw.floats() + (k * w.h * w.w + place) * w.c;
      if (mode == GradMode::Overwrite)
        for (Index c = 0; c < w.c; ++c) to[c] = 0;
      for (Index i = 0; i < work.sums; ++i)
        for (Index c = 0; c < w.c; ++c) to[c] += sums[(i * taps + tap) * work.pitch + c];
    }
}

void wgrad_directly(View dw, const Roles& roles, GradMode mode, const Context& ctx) {
  const Work work(roles);
  const Shape &x = roles.x.shape, &dy = roles.dy.shape;
  const Index copy_rows = work.window_floats > 0 ? work.window(0).height : 0;  // no strip sees more
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
        if (const Window window = work.window(first + i); row < window.height && !window.inside(x))
          copy_row(copies + i * work.window_floats + row * window.width * x.c, roles.x, window, row);
#pragma omp for collapse(2) schedule(dynamic)
    for (Index i = 0; i < count; ++i)
      for (Index panel = 0; panel < work.panel_count; ++panel)
        pack_dy(packed + i * work.packed_floats + panel * kPanel * work.rows(first + i) * dy.w, work,
                first + i, panel);
#pragma omp for collapse(3) schedule(dynamic)
    for (Index i = 0; i < count; ++i)
      for (Index panel = 0; panel < work.panel_count; ++panel)
        for (Index tap = 0; tap < roles.taps(); tap += work.slice) {
          const Window window = work.window(first + i);
          const Source<float> source =
              window.inside(x) ? in_picture(roles.x, window)
                               : Source<float>{copies + i * work.window_floats, window.width * x.c};
          const Runs positions{.count = work.rows(first + i),
                               .length = dy.w,
                               .pitch = roles.stride * source.row_pitch,
                               .step = roles.stride * x.c};
          sum_products(sums + i * work.sum_floats, work, source, positions,
                       packed + i * work.packed_floats + panel * kPanel * positions.count * dy.w, panel, tap,
                       smaller(tap + work.slice, roles.taps()), first > 0);
        }
  }
  (roles.exchanged ? collect_exchanged : collect)(dw, work, sums, mode, ctx);
}

}  // namespace

void conv_wgrad(View dw, ConstView x, ConstView dy, ConvGeometry geometry, GradMode mode,
                const Context& ctx) {
  check_fit(__func__, x.shape, dy.shape, dw.shape, geometry);
  const Index positions = Index{dy.shape.n} * dy.shape.h * dy.shape.w;
  if (!winograd_fits(dw.shape.h, dw.shape.w, geometry.stride, x.shape.c, dy.shape.c, positions))
    return wgrad_directly(dw, Roles(x, dy, dw.shape, geometry), mode, ctx);
  const WinogradWgrad winograd(x, dy, geometry.padding);
  winograd(dw.floats(), mode, ctx.workspace(static_cast<std::size_t>(winograd.floats())), ctx);
}

}  // namespace bauta::BAUTA_BACKEND
