#include "kernels/pooling.h"

#include "kernels/parallel_cpu.h"
#include "kernels/pooling_window.h"

namespace bauta::BAUTA_BACKEND {

namespace {

// Where the windows' largest values themselves are asked for, their places need not be kept.
void take_largest(float* to, const float* x, Index width, Index channels, Span<Index> rows,
                  Span<Index> columns) {
  const float* const first = x + (rows.begin * width + columns.begin) * channels;
#pragma omp simd
  for (Index c = 0; c < channels; ++c) to[c] = first[c];
  for (Index h = rows.begin; h < rows.end; ++h)
    for (Index w = columns.begin; w < columns.end; ++w) {
      const float* const from = x + (h * width + w) * channels;
#pragma omp simd
      for (Index c = 0; c < channels; ++c) to[c] = from[c] > to[c] ? from[c] : to[c];
    }
}

// Channels whose maxima are found together, and kept on the stack.
constexpr Index kLanes = 64;

// Of each of `lanes` channels: the place (pixel of x) of the largest value in a window, the first of equals.
void largest_in_window(Index place[kLanes], const float* x, Index width, Index channels, Index lanes,
                       Span<Index> rows, Span<Index> columns) {
  float best[kLanes];
  const Index first = rows.begin * width + columns.begin;
  for (Index l = 0; l < lanes; ++l) {
    best[l] = x[first * channels + l];
    place[l] = first;
  }
  for (Index h = rows.begin; h < rows.end; ++h)
    for (Index w = columns.begin; w < columns.end; ++w) {
      const Index pixel = h * width + w;
      const float* const from = x + pixel * channels;
#pragma omp simd
      for (Index l = 0; l < lanes; ++l) {
        const bool wins = from[l] > best[l];
        best[l] = wins ? from[l] : best[l];
        place[l] = wins ? pixel : place[l];
      }
    }
}

}  // namespace

void avg_pool_forward(View y, ConstView x, PoolWindow window, const Context& ctx) {
  const Shape s = x.shape, t = y.shape;
  BAUTA_CHECK_POOLING(t, s, window);
  const Index channels = s.c;
  const float scale = 1.0f / static_cast<float>(Index{window.size} * window.size);
  parallel_for(Index{t.n} * t.h, count_of(s), ctx, [=](Index i) {
    const Span<Index> rows = covered(i % t.h, s.h, window);
    for (Index q = 0; q < t.w; ++q) {
      float* const to = y.floats() + (i * t.w + q) * channels;
      for (Index c = 0; c < channels; ++c) to[c] = 0;
      const Span<Index> columns = covered(q, s.w, window);
      for (Index h = rows.begin; h < rows.end; ++h)
        for (Index w = columns.begin; w < columns.end; ++w) {
          const float* const from = x.floats() + ((i / t.h * s.h + h) * s.w + w) * channels;
#pragma omp simd
          for (Index c = 0; c < channels; ++c) to[c] += from[c];
        }
      for (Index c = 0; c < channels; ++c) to[c] *= scale;
    }
  });
}

void avg_pool_backward(View dx, ConstView dy, PoolWindow window, const Context& ctx) {
  const Shape s = dx.shape, t = dy.shape;
  BAUTA_CHECK_POOLING(t, s, window);
  const Index channels = s.c;
  const float scale = 1.0f / static_cast<float>(Index{window.size} * window.size);
  // Each pixel of dx gathers from the windows that cover it, so that no two threads write one place.
  parallel_for(Index{s.n} * s.h, count_of(s), ctx, [=](Index i) {
    const Span<Index> rows = covering(i % s.h, t.h, window);
    for (Index w = 0; w < s.w; ++w) {
      float* const to = dx.floats() + (i * s.w + w) * channels;
      for (Index c = 0; c < channels; ++c) to[c] = 0;
      const Span<Index> columns = covering(w, t.w, window);
      for (Index p = rows.begin; p < rows.end; ++p)
        for (Index q = columns.begin; q < columns.end; ++q) {
          const float* const from = dy.floats() + ((i / s.h * t.h + p) * t.w + q) * channels;
#pragma omp simd
          for (Index c = 0; c < channels; ++c) to[c] += from[c];
        }
      for (Index c = 0; c < channels; ++c) to[c] *= scale;
    }
  });
}

void max_pool_select(View y, ConstView values, ConstView x, PoolWindow window, const Context& ctx) {
  const Shape s = x.shape, t = y.shape;
  BAUTA_CHECK_POOLING(t, s, window);
  BAUTA_CHECK(values.shape == s, "values is ", values.shape, ", x is ", s);
  const Index channels = s.c, picture = Index{s.h} * s.w * channels;
  const bool own = values.data == x.data;
  parallel_for(Index{t.n} * t.h, count_of(s), ctx, [=](Index i) {
    const Index offset = i / t.h * picture;
    const Span<Index> rows = covered(i % t.h, s.h, window);
    for (Index q = 0; q < t.w; ++q) {
      if (own) {
        take_largest(y.floats() + (i * t.w + q) * channels, x.floats() + offset, s.w, channels, rows,
                     covered(q, s.w, window));
        continue;
      }
      for (Index c = 0; c < channels; c += kLanes) {
        const Index lanes = smaller(kLanes, channels - c);
        Index place[kLanes];
        largest_in_window(place, x.floats() + offset + c, s.w, channels, lanes, rows,
                          covered(q, s.w, window));
        const float* const from = values.floats() + offset + c;
        float* const to = y.floats() + (i * t.w + q) * channels + c;
        for (Index l = 0; l < lanes; ++l) to[l] = from[place[l] * channels + l];
      }
    }
  });
}

void max_pool_scatter(View dx, ConstView dy, ConstView x, PoolWindow window, const Context& ctx) {
  const Shape s = x.shape, t = dy.shape;
  BAUTA_CHECK_POOLING(t, s, window);
  BAUTA_CHECK(dx.shape == s, "dx is ", dx.shape, ", x is ", s);
  const Index channels = s.c, pixels = Index{s.h} * s.w;
  // Windows may overlap and share a largest pixel, so one thread does all windows of a group of channels.
  const Index groups = divide_up(channels, kLanes);
  parallel_for(s.n * groups, count_of(s), ctx, [=](Index i) {
    const Index n = i / groups, c = i % groups * kLanes, lanes = smaller(kLanes, channels - c);
    float* const to = dx.floats() + n * pixels * channels + c;
    for (Index pixel = 0; pixel < pixels; ++pixel)
      for (Index l = 0; l < lanes; ++l) to[pixel * channels + l] = 0;
    for (Index p = 0; p < t.h; ++p)
      for (Index q = 0; q < t.w; ++q) {
        Index place[kLanes];
        largest_in_window(place, x.floats() + n * pixels * channels + c, s.w, channels, lanes,
                          covered(p, s.h, window), covered(q, s.w, window));
        const float* const from = dy.floats() + ((n * t.h + p) * t.w + q) * channels + c;
        for (Index l = 0; l < lanes; ++l) to[place[l] * channels + l] += from[l];
      }
  });
}

}  // namespace bauta::BAUTA_BACKEND
