#include "kernels/depthwise_convolution.h"

#include <type_traits>

#include "kernels/depthwise_window.h"
#include "kernels/parallel_cpu.h"

namespace bauta::BAUTA_BACKEND {

namespace {

// Channels whose sums are kept in registers together.
constexpr Index kLanes = 32, kFewLanes = 16;
// Windows side by side whose sums are, too.
constexpr Index kWindows = 4;

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

// The same of kPixels windows side by side, each `stride` pixels of a after the one before: a tap is read
// once for all of them.
template <Index kPixels, Index kCount>
inline void sum_windows(float* to, Index to_step, const Walk& a, Index stride, const Walk& b, Index rows,
                        Index columns, std::integral_constant<Index, kCount>) {
  float sum[kPixels][kCount] = {};
  for (Index i = 0; i < rows; ++i)
    for (Index j = 0; j < columns; ++j) {
      const float* const u = a.first + i * a.row + j * a.column;
      const float* const v = b.first + i * b.row + j * b.column;
#pragma GCC unroll 4
      for (Index p = 0; p < kPixels; ++p)
#pragma omp simd
        for (Index l = 0; l < kCount; ++l) sum[p][l] += u[p * stride * a.column + l] * v[l];
    }
#pragma GCC unroll 4
  for (Index p = 0; p < kPixels; ++p)
#pragma omp simd
    for (Index l = 0; l < kCount; ++l) to[p * to_step + l] = sum[p][l];
}

// f(c, lanes) for all channels: groups whose number of lanes the compiler knows, and what is left.
template <class Function>
inline void for_lanes(Index channels, const Function& f) {
  Index c = 0;
  for (; c + kLanes <= channels; c += kLanes) f(c, std::integral_constant<Index, kLanes>());
  for (; c + kFewLanes <= channels; c += kFewLanes) f(c, std::integral_constant<Index, kFewLanes>());
  if (c < channels) f(c, channels - c);
}

}  // namespace

void depthwise_fprop(View y, ConstView x, const Weights& weights, ConvGeometry geometry, const Context& ctx) {
  const ConstView w = weights.view;
  const Shape s = x.shape, t = y.shape, taps = w.shape;
  check_depthwise(__func__, s, t, taps, geometry);
  const Windows windows(taps, geometry);
  const Index c = s.c, row = s.w * c, tap_row = taps.w * c;
  const Index whole_begin = smaller(t.w, divide_up(geometry.padding, geometry.stride));
  const Index whole_end =
      larger(whole_begin, smaller(t.w, (s.w + geometry.padding - taps.w) / geometry.stride + 1));
  parallel_for(Index{t.n} * t.h, count_of(t) * taps.h * taps.w, ctx, [=](Index i) {
    const Index p = i % t.h;
    const Span<Index> h = covered(p, s.h, windows.down);
    const float* const x_row = x.floats() + (i / t.h * s.h + h.begin) * row;
    const float* const w_row = w.floats() + tap_at(h.begin, p, windows.down) * tap_row;
    const Index rows = h.end - h.begin;
    // What lies over the edge of a row is cut.
    const auto one_by_one = [=](Index begin, Index end) {
      for (Index q = begin; q < end; ++q) {
        const Span<Index> v = covered(q, s.w, windows.across);
        const float* const from = x_row + v.begin * c;
        const float* const tap = w_row + tap_at(v.begin, q, windows.across) * c;
        float* const to = y.floats() + (i * t.w + q) * c;
        for_lanes(c, [=](Index l, auto lanes) {
          sum_products(to + l, {from + l, row, c}, {tap + l, tap_row, c}, rows, v.end - v.begin, lanes,
                       false);
        });
      }
    };
    one_by_one(0, whole_begin);
    Index q = whole_begin;
    for (; q + kWindows <= whole_end; q += kWindows) {
      const float* const from = x_row + (q * geometry.stride - geometry.padding) * c;
      float* const to = y.floats() + (i * t.w + q) * c;
      for_lanes(c, [=](Index l, auto lanes) {
        const auto at = [=](Index window) -> Walk {
          return {from + window * geometry.stride * c + l, row, c};
        };
        if constexpr (std::is_same_v<decltype(lanes), Index>)
          for (Index window = 0; window < kWindows; ++window)
            sum_products(to + window * c + l, at(window), {w_row + l, tap_row, c}, rows, taps.w, lanes,
                         false);
        else
          sum_windows<kWindows>(to + l, c, at(0), geometry.stride, {w_row + l, tap_row, c}, rows, taps.w,
                                lanes);
      });
    }
    one_by_one(q, t.w);
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
