// A block writes part of one row, so that only its column has to be divided out; a thread moves four vectors
// of 16 bytes, all on their way before the first is written. A picture of 3 channels has no whole vectors in
// a pixel and moves an element at a time.
//   Forward: every element of y reads one of x; floor s (1 + (H+2p)(W+2p) / HW) bytes an element of x.
//   Backward: dx gathers, so that no two threads write one place: inside from one element of dy, within p of
//   a border from two (at a corner four; nine where the borders overlap). The same floor: dy is read once.
#include "kernels/reflection_pad.h"

#include "kernels/parallel_gpu.h"

namespace bauta::BAUTA_BACKEND {

namespace {

constexpr int kVectors = 4;  // of a thread

// Where block b of the launch works: a chunk of a row of `row` vectors.
struct Chunk {
  Index line;  // n * rows + h
  int first;   // vector of the row

  __device__ Chunk(Index block, int row)
      : line(block / divide_up(row, kVectors * kThreads)),
        first(static_cast<int>(block % divide_up(row, kVectors * kThreads)) * kVectors * kThreads +
              static_cast<int>(threadIdx.x)) {}
};

unsigned chunks(Index lines, Index row) {
  return static_cast<unsigned>(lines * divide_up(row, kVectors * kThreads));
}

// Where the padded position i (0 at the first written one) reads in a line of size pixels.
__device__ int reflect(int i, int size, int padding) {
  const int at = i - padding;
  return at < 0 ? -at : at >= size ? 2 * (size - 1) - at : at;
}

// The padded positions that read position i: itself, and its image in the first and in the last border.
struct Readers {
  int self, first, last;  // first, last: negative where there is none

  __device__ Readers(int i, int size, int padding)
      : self(i + padding),
        first(i >= 1 && i <= padding ? padding - i : -1),
        last(i <= size - 2 && i >= size - 1 - padding ? 2 * (size - 1) - i + padding : -1) {}
  __device__ bool alone() const { return first < 0 && last < 0; }
  // The m-th of the three.
  __device__ int operator[](int m) const { return m == 0 ? self : m == 1 ? first : last; }
};

template <int V, class T>
__global__ void __launch_bounds__(kThreads)
    reflection_pad_forward_kernel(Global<T> y, Global<const T> x, Shape s, int padding) {
  const int pixel = s.c / V, width = s.w + 2 * padding, height = s.h + 2 * padding, row = width * pixel;
  const Chunk chunk(blockIdx.x, row);
  const Index n = chunk.line / height;
  const int h = reflect(static_cast<int>(chunk.line % height), s.h, padding);
  const Global<const T> from = x + (n * s.h + h) * s.w * s.c;
  const Global<T> to = y + chunk.line * width * s.c;
  Floats<V> value[kVectors];
#pragma unroll
  for (int k = 0; k < kVectors; ++k)
    if (const int i = chunk.first + k * kThreads; i < row) {
      const int w = i / pixel;
      value[k] =
          from.template load<V>(static_cast<Index>(reflect(w, s.w, padding)) * s.c + (i - w * pixel) * V);
    }
#pragma unroll
  for (int k = 0; k < kVectors; ++k)
    if (const int i = chunk.first + k * kThreads; i < row) to.store(static_cast<Index>(i) * V, value[k]);
}

template <int V, class T>
__global__ void __launch_bounds__(kThreads)
    reflection_pad_backward_kernel(Global<T> dx, Global<const T> dy, Shape s, int padding) {
  const int pixel = s.c / V, width = s.w + 2 * padding, height = s.h + 2 * padding, row = s.w * pixel;
  const Chunk chunk(blockIdx.x, row);
  const Index n = chunk.line / s.h;
  const Readers rows(static_cast<int>(chunk.line % s.h), s.h, padding);
  const auto load = [&](int p, int q, int channel) {
    return dy.template load<V>(((n * height + p) * width + q) * s.c + channel);
  };
  Floats<V> sum[kVectors];
#pragma unroll
  for (int k = 0; k < kVectors; ++k)
    if (const int i = chunk.first + k * kThreads; i < row) {
      const int w = i / pixel;
      sum[k] = load(rows.self, w + padding, (i - w * pixel) * V);
    }
#pragma unroll
  for (int k = 0; k < kVectors; ++k) {
    const int i = chunk.first + k * kThreads;
    if (i >= row) continue;
    const int w = i / pixel;
    const Readers columns(w, s.w, padding);
    if (!rows.alone() || !columns.alone())
      for (int m = 0; m < 9; ++m) {
        const int p = rows[m / 3], q = columns[m % 3];
        if (m == 0 || p < 0 || q < 0) continue;
        const Floats<V> part = load(p, q, (i - w * pixel) * V);
#pragma unroll
        for (int j = 0; j < V; ++j) sum[k][j] += part[j];
      }
    dx.store(chunk.line * s.w * s.c + static_cast<Index>(i) * V, sum[k]);
  }
}

void check(const char* operation, const Shape& inner, const View& a, const ConstView& b, const Shape& outer,
           int padding) {
  const auto require = [&](bool fits) {
    if (!fits)
      fail_check(operation, "shapes, padding and storage fit", __FILE__, __LINE__, "inside ", inner,
                 ", padded ", outer, ", padding ", padding, ", stored as ", a.dtype, " and ", b.dtype);
  };
  require(padding >= 0 && padding < inner.h && padding < inner.w);
  require(outer == Shape{inner.n, inner.h + 2 * padding, inner.w + 2 * padding, inner.c});
  require(a.dtype == b.dtype);
}

}  // namespace

void reflection_pad_forward(View y, ConstView x, int padding, const Context& ctx) {
  const Shape s = x.shape;
  check(__func__, s, y, x, y.shape, padding);
  with_storage(y.dtype, [&](auto* null) {
    using T = std::remove_pointer_t<decltype(null)>;
    constexpr int V = kWidest<T>;
    const Index lines = Index{s.n} * y.shape.h, row = Index{y.shape.w} * s.c;
    const bool whole = s.c % V == 0 && aligned(16, y.data) && aligned(16, x.data);
    launch("reflection_pad_forward",
           whole ? reflection_pad_forward_kernel<V, T> : reflection_pad_forward_kernel<1, T>,
           {.grid = chunks(lines, whole ? row / V : row), .threads = kThreads}, ctx, global<T>(y),
           global<T>(x), s, padding);
  });
}

void reflection_pad_backward(View dx, ConstView dy, int padding, const Context& ctx) {
  const Shape s = dx.shape;
  check(__func__, s, dx, dy, dy.shape, padding);
  with_storage(dx.dtype, [&](auto* null) {
    using T = std::remove_pointer_t<decltype(null)>;
    constexpr int V = kWidest<T>;
    const Index lines = Index{s.n} * s.h, row = Index{s.w} * s.c;
    const bool whole = s.c % V == 0 && aligned(16, dx.data) && aligned(16, dy.data);
    launch("reflection_pad_backward",
           whole ? reflection_pad_backward_kernel<V, T> : reflection_pad_backward_kernel<1, T>,
           {.grid = chunks(lines, whole ? row / V : row), .threads = kThreads}, ctx, global<T>(dx),
           global<T>(dy), s, padding);
  });
}

}  // namespace bauta::BAUTA_BACKEND
