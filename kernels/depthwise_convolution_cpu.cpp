#include "kernels/depthwise_convolution.h"

#include <type_traits>

#include "kernels/depthwise_window.h"
#include "kernels/parallel_cpu.h"

namespace bauta::BAUTA_BACKEND {

namespace {

// Channels whose sums are kept in registers together.
constexpr Index kLanes = 32;

// Where pixels lie, in floats: so far from one row, or column, to the next. May run backwards.
struct Walk {
  const float* first;
  Index row, column;
};

// A channel at a time, to[l] = or += the sum of products of two rectangles of pixels.
template <class Number, class Lanes>
inline void sum_products(Number* to, const Walk& a, const Walk& b, Index rows, Index columns, Lanes lanes,
                         bool add) {
  float sum[kLanes];
  for (Index l = 0; l < lanes; ++l) sum[l] = 0;
  for (Index i = 0; i < rows; ++i)
    for (Index j = 0; j < columns; ++j) {
      const float* const u = a.first + i * a.row + j * a.column;
      const float* const v = b.first + i * b.row + j * b.column;
#pragma omp simd
      for (Index l = 0; l < lanes; ++l) sum[l] += u[l] * v[l];
    }
  for (Index l = 0; l < lanes; ++l) to[l] = add ? to[l] + static_cast<Number>(sum[l]) : sum[l];
}

// f(c, lanes) for all channels: whole groups, whose number of lanes the compiler knows, and what is left.
template <class Function>
inline void for_lanes(Index channels, const Function& f) {
  Index c = 0;
  for (; c + kLanes <= channels; c += kLanes) f(c, std::integral_constant<Index, kLanes>());
  if (c < channels) f(c, channels - c);
}

}  // namespace

void depthwise_fprop(View y, ConstView x, const Weights& weights, ConvGeometry geometry, const Context& ctx) {
  const ConstView w = weights.view;
  const Shape s = x.shape, t = y.shape, taps = w.shape;
  check_depthwise(__func__, s, t, taps, geometry);
  const Windows windows(taps, geometry);
  const Index c = s.c, row = s.w * c, tap_row = taps.w * c;
  parallel_for(Index{t.n} * t.h, count_of(t) * taps.h * taps.w, ctx, [=](Index i) {
    const Index p = i % t.h;
    const Span<Index> h = covered(p, s.h, windows.down);
    for (Index q = 0; q < t.w; ++q) {
      const Span<Index> v = covered(q, s.w, windows.across);
      const float* const from = x.floats() + (i / t.h * s.h + h.begin) * row + v.begin * c;
      const float* const tap =
          w.floats() + tap_at(h.begin, p, windows.down) * tap_row + tap_at(v.begin, q, windows.across) * c;
      float* const to = y.floats() + (i * t.w + q) * c;
      for_lanes(c, [=](Index l, auto lanes) {
        sum_products(to + l, {from + l, row, c}, {tap + l, tap_row, c}, h.end - h.begin, v.end - v.begin,
                     lanes, false);
      });
    }
  });
}

// Each pixel of dx gathers from the windows that cover it; their taps run backwards.
void depthwise_dgrad(View dx, ConstView dy, const Weights& weights, ConvGeometry geometry,
                     const Context& ctx) {
  const ConstView w = weights.view;
  const Shape s = dx.shape, t = dy.shape, taps = w.shape;
  check_depthwise(__func__, s, t, taps, geometry);
  const Windows windows(taps, geometry);
  const Index c = s.c, row = t.w * c, tap_row = taps.w * c;
  const Index back_row = -geometry.stride * tap_row, back = -geometry.stride * c;
  parallel_for(Index{s.n} * s.h, count_of(t) * taps.h * taps.w, ctx, [=](Index i) {
    const Index h = i % s.h;
    const Span<Index> p = covering(h, t.h, windows.down);
    for (Index v = 0; v < s.w; ++v) {
      const Span<Index> q = covering(v, t.w, windows.across);
      const float* const from = dy.floats() + (i / s.h * t.h + p.begin) * row + q.begin * c;
      const float* const tap =
          w.floats() + tap_at(h, p.begin, windows.down) * tap_row + tap_at(v, q.begin, windows.across) * c;
      float* const to = dx.floats() + (i * s.w + v) * c;
      for_lanes(c, [=](Index l, auto lanes) {
        sum_products(to + l, {from + l, row, c}, {tap + l, back_row, back}, p.end - p.begin, q.end - q.begin,
                     lanes, false);
      });
    }
  });
}

// One tap and one group of channels at a time: a row of products in float, the rows of all pictures in
// double.
void depthwise_wgrad(View dw, ConstView x, ConstView dy, ConvGeometry geometry, GradMode mode,
                     const Context& ctx) {
  const Shape s = x.shape, t = dy.shape, taps = dw.shape;
  check_depthwise(__func__, s, t, taps, geometry);
  const Index c = s.c, groups = divide_up(c, kLanes), stride = geometry.stride;
  // Windows whose tap lies inside the picture: those that would cover it if they were one tap wide.
  const auto inside = [=](Index tap, Index size, Index count) {
    const Index first = geometry.padding - tap, end = size + geometry.padding - tap;
    return Span<Index>{first > 0 ? divide_up(first, stride) : 0,
                       end > 0 ? smaller(count, divide_up(end, stride)) : 0};
  };
  parallel_for(taps.h * taps.w * groups, count_of(t) * taps.h * taps.w, ctx, [=](Index i) {
    const Index r = i / groups / taps.w, v = i / groups % taps.w, l = i % groups * kLanes;
    const Span<Index> p = inside(r, s.h, t.h), q = inside(v, s.w, t.w);
    float* const to = dw.floats() + (r * taps.w + v) * c + l;
    const auto run = [=](auto lanes) {
      double total[kLanes];
      for (Index k = 0; k < lanes; ++k)
        total[k] = mode == GradMode::Accumulate ? static_cast<double>(to[k]) : 0.0;
      for (Index n = 0; n < t.n; ++n)
        for (Index m = p.begin; m < p.end; ++m) {
          const Index h = m * stride - geometry.padding + r;
          const Index column = q.begin * stride - geometry.padding + v;
          const float* const from = x.floats() + ((n * s.h + h) * s.w + column) * c + l;
          const float* const gradient = dy.floats() + ((n * t.h + m) * t.w + q.begin) * c + l;
          sum_products(total, {from, 0, stride * c}, {gradient, 0, c}, 1, q.end - q.begin, lanes, true);
        }
      for (Index k = 0; k < lanes; ++k) to[k] = static_cast<float>(total[k]);
    };
    if (l + kLanes <= c)
      run(std::integral_constant<Index, kLanes>());
    else
      run(c - l);
  });
}

}  // namespace bauta::BAUTA_BACKEND
