// The convolution of every geometry as one contraction, kernels/contraction_gpu.h, whose operands are read in
// place: a window of the picture is found from the position's and the tap's indices.
//   fprop  C[position, k]   = sum over (r,s,c) of window(position, (r,s,c)) w[k, (r,s,c)]
//   dgrad  C[position, c]   = sum over (r,s,k) of window of dy * w, for each phase of the stride: every
//                             stride-th row and column of dx is a correlation of stride 1 over dy with the
//                             taps that reach it. No product with zero, no place written twice, one launch.
//   wgrad  C[k, (r,s,c)]    = sum over positions of dy[position, k] window(position, (r,s,c)), cut into
//                             stretches of positions
//   Floor s (x + y + w) bytes; moved: a window's element once for each of its R S taps (less what the caches
//   keep), and that for every 64 channels. What libraries do better is theirs; the layers with three channels
//   have kernels of their own: convolution_three_channels.h.
#include "kernels/convolution.h"

#include "kernels/contraction_gpu.h"
#include "kernels/convolution_shapes.h"
#include "kernels/convolution_three_channels.h"
#include "kernels/libraries.h"

namespace bauta::BAUTA_BACKEND {

namespace {

// Windows over pictures that are surrounded by zeros: position (n, i, j) and tap (r, s, c) meet at
// x[n, top + i * stride + r, left + j * stride + s, c].
template <class T>
struct Windows {
  Global<const T> x;
  Shape shape;
  Index rows, columns;  // positions of a picture
  int stride, top, left;
  Index taps_w;

  struct Position {
    Index first_row;  // of the picture, counted in the batch
    int h, w;
  };
  struct Tap {
    int r, s, c;
  };
  __device__ Position position(Index i) const {
    const Index row = i / columns;
    return {row / rows * shape.h, top + static_cast<int>(row % rows) * stride,
            left + static_cast<int>(i % columns) * stride};
  }
  __device__ Tap tap(Index i) const {
    const Index place = i / shape.c;
    return {static_cast<int>(place / taps_w), static_cast<int>(place % taps_w),
            static_cast<int>(i % shape.c)};
  }
  __device__ float at(bool there, const Position& position, const Tap& tap) const {
    const int h = position.h + tap.r, w = position.w + tap.s;
    const bool inside = there && h >= 0 && h < shape.h && w >= 0 && w < shape.w;
    return x.template load_if<1>(inside, ((position.first_row + h) * shape.w + w) * shape.c + tap.c)[0];
  }
};

template <class T>
struct WindowsByPosition {
  static constexpr bool kAlongSum = true;
  Windows<T> windows;
  __device__ auto line(Index i) const { return windows.position(i); }
  __device__ auto step(Index k) const { return windows.tap(k); }
  __device__ float load(bool there, const typename Windows<T>::Position& line,
                        const typename Windows<T>::Tap& step) const {
    return windows.at(there, line, step);
  }
};

template <class T>
struct WindowsByTap {
  static constexpr bool kAlongSum = false;
  Windows<T> windows;
  __device__ auto line(Index i) const { return windows.tap(i); }
  __device__ auto step(Index k) const { return windows.position(k); }
  __device__ float load(bool there, const typename Windows<T>::Tap& line,
                        const typename Windows<T>::Position& step) const {
    return windows.at(there, step, line);
  }
};

// The weights as one phase of dgrad reads them: lines are channels of x, steps (r, s, k) its taps.
template <class T>
struct PhaseWeights {
  static constexpr bool kAlongSum = false;
  Global<const T> w;
  Shape shape;
  Phase down, across;

  __device__ Index line(Index c) const { return c; }
  __device__ Index step(Index i) const {
    const Index place = i / shape.n, k = i % shape.n;
    const Index r = down.tap(place / across.count), s = across.tap(place % across.count);
    return ((k * shape.h + r) * shape.w + s) * shape.c;
  }
  __device__ float load(bool there, Index line, Index step) const {
    return w.template load_if<1>(there, line + step)[0];
  }
};

// Where dx's positions of a phase lie.
template <class T>
struct PhaseResult {
  MatrixResult<T> dx;
  Shape shape;
  Index rows, columns, row, column, stride;

  __device__ void store(Index m, Index n, const Floats<kPiece>& value) const {
    const Index line = m / columns, picture = line / rows;
    const Index h = row + line % rows * stride, w = column + m % columns * stride;
    dx.store((picture * shape.h + h) * shape.w + w, n, value);
  }
};

// A part of the launch is a phase: row part / stride, column part % stride, where dx has so many.
template <class T>
struct Phases {
  Global<const T> dy, w;
  MatrixResult<T> dx;
  Shape dx_shape, dy_shape, w_shape;
  ConvGeometry geometry;

  __device__ Contraction<WindowsByPosition<T>, PhaseWeights<T>, PhaseResult<T>> part(Index i) const {
    const Index across_phases = smaller(geometry.stride, dx_shape.w);
    const Index row = i / across_phases, column = i % across_phases;
    const Phase down(row, w_shape.h, geometry), across(column, w_shape.w, geometry);
    const Index rows = divide_up(dx_shape.h - row, geometry.stride);
    const Index columns = divide_up(dx_shape.w - column, geometry.stride);
    const Windows<T> windows{
        dy,          dy_shape, rows, columns, 1, static_cast<int>(down.top), static_cast<int>(across.top),
        across.count};
    return {{windows},
            {w, w_shape, down, across},
            {dx, dx_shape, rows, columns, row, column, geometry.stride},
            dx_shape.n * rows * columns,
            dx_shape.c,
            0,
            down.count * across.count * dy_shape.c};
  }
};

template <class T>
Windows<T> windows_of(ConstView x, const Shape& y, const Shape& w, ConvGeometry geometry) {
  return {global<T>(x), x.shape, y.h, y.w, geometry.stride, -geometry.padding, -geometry.padding, w.w};
}

void check_storage(const char* operation, const ConstView& written, const ConstView& a, const ConstView& b,
                   bool fits) {
  if (!fits)
    fail_check(operation, "all views are stored alike; dw may be float32", __FILE__, __LINE__, "written ",
               written.dtype, ", read ", a.dtype, " and ", b.dtype);
}

bool alike(const ConstView& a, const ConstView& b, const ConstView& c) {
  return a.dtype == b.dtype && b.dtype == c.dtype;
}

bool library_takes(ConvolutionProblem problem, View result, ConstView a, ConstView b, const Context& ctx) {
  Libraries* const libraries = ctx.libraries();
  if (!libraries || a.shape.count() == 0 || b.shape.count() == 0 || result.shape.count() == 0) return false;
  problem.inputs = a.dtype;
  problem.result = result.dtype;
  return libraries->convolution(problem, result.data, a.data, b.data, ctx);
}

}  // namespace

void conv_fprop(View y, ConstView x, const Weights& weights, ConvGeometry geometry, const Context& ctx) {
  const ConstView w = weights.view;
  check_fit(__func__, x.shape, y.shape, w.shape, geometry);
  check_storage(__func__, y, x, w, alike(y, x, w));
  if (three_channels_fit(x, y, w, geometry)) {
    three_channels_correlate(y, x, w, false, geometry.padding, ctx);
    return;
  }
  if (library_takes(
          {.pass = ConvolutionPass::Fprop, .x = x.shape, .w = w.shape, .y = y.shape, .geometry = geometry}, y,
          x, w, ctx))
    return;
  with_storage(y.dtype, [&](auto* null) {
    using T = std::remove_pointer_t<decltype(null)>;
    const Shape s = w.shape;
    const Index depth = Index{s.h} * s.w * s.c;
    contract<T>("conv_fprop", ctx, y.data, WindowsByPosition<T>{windows_of<T>(x, y.shape, s, geometry)},
                MatrixOperand<T, true>{global<T>(w), depth, 1}, Index{y.shape.n} * y.shape.h * y.shape.w, s.n,
                depth);
  });
}

void conv_dgrad(View dx, ConstView dy, const Weights& weights, ConvGeometry geometry, const Context& ctx) {
  const ConstView w = weights.view;
  check_fit(__func__, dx.shape, dy.shape, w.shape, geometry);
  check_storage(__func__, dx, dy, w, alike(dx, dy, w));
  if (three_channels_fit(dx, dy, w, geometry)) {
    three_channels_correlate(dx, dy, w, true, w.shape.h - 1 - geometry.padding, ctx);
    return;
  }
  if (library_takes(
          {.pass = ConvolutionPass::Dgrad, .x = dx.shape, .w = w.shape, .y = dy.shape, .geometry = geometry},
          dx, dy, w, ctx))
    return;
  with_storage(dx.dtype, [&](auto* null) {
    using T = std::remove_pointer_t<decltype(null)>;
    const Shape s = dx.shape;
    const Index down = smaller(geometry.stride, s.h), across = smaller(geometry.stride, s.w);
    // The first phase has the most positions.
    const Index rows = s.n * divide_up(s.h, geometry.stride) * divide_up(s.w, geometry.stride);
    contract_parts(
        "conv_dgrad", ctx,
        Phases<T>{global<T>(dy), global<T>(w), MatrixResult<T>(dx.data, s.c), s, dy.shape, w.shape, geometry},
        down * across, rows, s.c);
  });
}

void conv_wgrad(View dw, ConstView x, ConstView dy, ConvGeometry geometry, GradMode mode,
                const Context& ctx) {
  check_fit(__func__, x.shape, dy.shape, dw.shape, geometry);
  check_storage(__func__, dw, x, dy,
                x.dtype == dy.dtype && (dw.dtype == x.dtype || dw.dtype == DType::Float32));
  if (three_channels_fit(x, dy, dw, geometry)) {
    three_channels_wgrad(dw, x, dy, geometry.padding, mode, ctx);
    return;
  }
  if (library_takes({.pass = ConvolutionPass::Wgrad,
                     .x = x.shape,
                     .w = dw.shape,
                     .y = dy.shape,
                     .geometry = geometry,
                     .mode = mode},
                    dw, x, dy, ctx))
    return;
  const auto run = [&](auto* of_x, auto* of_dw) {
    using T = std::remove_pointer_t<decltype(of_x)>;
    const Shape s = dw.shape;
    contract<std::remove_pointer_t<decltype(of_dw)>>(
        "conv_wgrad", ctx, dw.data, MatrixOperand<T, false>{global<T>(dy), 1, s.n},
        WindowsByTap<T>{windows_of<T>(x, dy.shape, s, geometry)}, s.n, Index{s.h} * s.w * s.c,
        Index{dy.shape.n} * dy.shape.h * dy.shape.w, mode);
  };
  with_storage(x.dtype, [&](auto* null) {
    if (dw.dtype == DType::Float32)
      run(null, static_cast<float*>(nullptr));
    else
      run(null, null);
  });
}

}  // namespace bauta::BAUTA_BACKEND
