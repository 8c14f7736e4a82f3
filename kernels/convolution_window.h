// What convolution_cpu.cpp and convolution_wgrad_cpu.cpp share: how they cut a picture and see it.
//
// Under one row of a window's taps lie S * C floats side by side (NHWC), so the tiles of register_tile.h run
// straight over the picture and nothing is gathered. Only what reaches beyond the picture is copied, with its
// zeros, a strip of output rows at a time.
#pragma once

#include "kernels/convolution_shapes.h"
#include "kernels/register_tile.h"

namespace bauta::BAUTA_BACKEND {
namespace {

// Pieces of work wanted: enough to keep many threads busy. The same on any number of threads: where sums are
// cut, the result depends on the cut.
constexpr Index kPieces = 32;

// Output rows of a strip: enough positions to pay for fetching weights, few enough for the cache.
inline Index strip_height(const Shape& x, Index rows, Index row) {
  const Index positions = larger(64, smaller(512, 128 * 1024 / larger(x.c, 1)));
  return larger(1, smaller(rows, positions / larger(row, 1)));
}

// Few output channels would leave most lanes of a vector idle. Then each of a row's taps gets channels of its
// own, and neighbouring positions are added up afterwards:
//   wide[i, j, (s,k)] = sum over r,c of x[i + r, j, c] * w[k,r,s,c]
//   y[i, j, k] = sum over s of wide[i, j + s, (s,k)]
// 64 channels to 3 by 7x7 taps: 21 of 32 lanes busy instead of 3 of 16. Needs stride 1.
inline bool widens(Index taps_w, Index stride, Index channels) {
  const Index apart = taps_w * packed_floats(1, channels), together = packed_floats(1, taps_w * channels);
  return stride == 1 && taps_w > 1 && 2 * together <= apart;
}

// The rectangle of picture n that some output positions see.
struct Window {
  Index n, top, left, height, width;

  bool inside(const Shape& x) const {
    return top >= 0 && left >= 0 && top + height <= x.h && left + width <= x.w;
  }
  Index floats(const Shape& x) const { return height * width * x.c; }
};

// Where the numbers of a window lie.
template <class Element>
struct Source {
  const Element* data;
  Index row_pitch;
};

inline Source<float> in_picture(ConstView x, const Window& window) {
  const Index row_pitch = Index{x.shape.w} * x.shape.c;
  return {x.floats() + (window.n * x.shape.h + window.top) * row_pitch + window.left * x.shape.c, row_pitch};
}

// Which numbers of a window's row lie in the picture: [first, last), at from + first and on.
struct RowInside {
  Index first, last, from;

  RowInside(const Shape& x, const Window& window, Index row) {
    const Index h = window.top + row, c = x.c, size = window.width * c;
    const bool outside = h < 0 || h >= x.h;
    first = outside ? size : smaller(larger(0, -window.left * c), size);
    last = larger(first, smaller(size, (x.w - window.left) * c));
    from = (window.n * x.h + h) * x.w * c + window.left * c;
  }
};

// Row `row` of the window; zeros where it is outside.
inline void copy_row(float* to, ConstView x, const Window& window, Index row) {
  const RowInside inside(x.shape, window, row);
  for (Index i = 0; i < inside.first; ++i) to[i] = 0;
  for (Index i = inside.first; i < inside.last; ++i) to[i] = x.floats()[inside.from + i];
  for (Index i = inside.last; i < window.width * x.shape.c; ++i) to[i] = 0;
}

// A correlation over pictures surrounded by zeros:
//   y[i, j, k] = sum over r,s,c of x[top + i*stride + r, left + j*stride + s, c] * weights[r, s, c, k]
struct Correlation {
  ConstView x;
  Index taps_h, taps_w, stride, top, left;
  Index rows, columns, channels;  // of y
  float* y;
  Index picture_pitch, row_pitch, column_pitch;  // of y, in floats
  const float* weights = nullptr;                // panels of channels; rows (r, s, c), or (r, c) where wide

  bool wide() const { return widens(taps_w, stride, channels); }
  Index run() const { return taps_w * x.shape.c; }
  Index taps() const { return taps_h * run(); }
  Index strip() const { return strip_height(x.shape, rows, columns); }
  Window window(Index n, Index first, Index last) const {
    return {n, top + first * stride, left, (last - 1 - first) * stride + taps_h,
            (columns - 1) * stride + taps_w};
  }
  // What computes `wide` of widens(), its channels (s, k) in whole vectors.
  Correlation widened() const {
    Correlation task = *this;
    task.taps_w = 1;
    task.columns = columns + taps_w - 1;
    task.channels = packed_floats(1, taps_w * channels);
    task.column_pitch = task.channels;
    task.row_pitch = task.columns * task.channels;
    return task;
  }
  Index weight_floats() const {
    return wide() ? packed_floats(taps_h * x.shape.c, taps_w * channels) : packed_floats(taps(), channels);
  }
};

}  // namespace
}  // namespace bauta::BAUTA_BACKEND
