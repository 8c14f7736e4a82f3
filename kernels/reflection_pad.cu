// A block writes part of one row, so that only its column has to be divided out.
//   Forward: every element of y reads one of x; floor s (1 + (H+2p)(W+2p) / HW) bytes an element of x.
//   Backward: dx gathers, so that no two threads write one place: inside from one element of dy, within p of
//   a border from two (at a corner four; nine where the borders overlap). The same floor: dy is read once.
// Where a pixel is whole vectors of 16 bytes, a thread moves four of them, all on their way before the first
// is written. Where it is not (a picture's 3 channels), no vector of the one row lies as in the other: then
// rows pass through shared memory, in and out by vectors, as long as they fit in there.
#include "kernels/reflection_pad.h"

#include "kernels/parallel_gpu.h"
#include "kernels/reflection.h"

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
  const Shown rows(static_cast<int>(chunk.line % s.h), s.h, padding);
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
    for_images(rows, Shown(w, s.w, padding), [&](int p, int q) {
      const Floats<V> part = load(p, q, (i - w * pixel) * V);
#pragma unroll
      for (int j = 0; j < V; ++j) sum[k][j] += part[j];
    });
    dx.store(chunk.line * s.w * s.c + static_cast<Index>(i) * V, sum[k]);
  }
}

// ---- rows through shared memory

constexpr int kRowThreads = 128;
constexpr std::size_t kRowBytes = 48 * 1024;  // that any card has

// A tensor whose address is `lead` elements beyond a multiple of 16 bytes.
template <class T>
struct Lines {
  static constexpr int V = kWidest<std::remove_const_t<T>>;
  Global<T> data;
  int lead;

  Lines(T* pointer)
      : data(pointer), lead(static_cast<int>(reinterpret_cast<std::uintptr_t>(pointer) / sizeof(T) % V)) {}

  // f(N, i) for pieces of N elements of the row that begins at `begin`, the i-th to the i+N-1-th.
  template <class Function>
  __device__ void for_row(Index begin, int count, const Function& f) const {
    const int before = static_cast<int>((begin + lead) % V);
    for_pieces<V>(before, before + count, static_cast<int>(threadIdx.x), kRowThreads,
                  [&](auto n, int i) { f(n, i - before); });
  }
  // f(i, value) for each element of the row.
  template <class Function>
  __device__ void read_row(Index begin, int count, const Function& f) const {
    for_row(begin, count, [&]<int N>(std::integral_constant<int, N>, int i) {
      const Floats<N> values = data.template load<N>(begin + i);
#pragma unroll
      for (int j = 0; j < N; ++j) f(i + j, values[j]);
    });
  }
  // Element i becomes f(i).
  template <class Function>
  __device__ void write_row(Index begin, int count, const Function& f) const {
    for_row(begin, count, [&]<int N>(std::integral_constant<int, N>, int i) {
      Floats<N> values;
#pragma unroll
      for (int j = 0; j < N; ++j) values[j] = f(i + j);
      data.store(begin + i, values);
    });
  }
};

template <class T>
__global__ void __launch_bounds__(kRowThreads, 1)
    reflection_pad_forward_rows_kernel(Lines<T> y, Lines<const T> x, Shape s, int padding) {
  float* const row = dynamic_shared<float>();
  const int inner = s.w * s.c, outer = inner + 2 * padding * s.c, height = s.h + 2 * padding;
  const Index line = blockIdx.x, n = line / height;
  const int h = reflect(static_cast<int>(line - n * height), s.h, padding);
  x.read_row((n * s.h + h) * inner, inner, [&](int i, float value) { row[i] = value; });
  __syncthreads();
  y.write_row(line * outer, outer, [&](int i) {
    const int at = i - padding * s.c;
    if (at >= 0 && at < inner) return row[at];
    const int w = i / s.c;
    return row[reflect(w, s.w, padding) * s.c + i - w * s.c];
  });
}

template <class T>
__global__ void __launch_bounds__(kRowThreads, 1)
    reflection_pad_backward_rows_kernel(Lines<T> dx, Lines<const T> dy, Shape s, int padding) {
  float* const sum = dynamic_shared<float>();  // of the rows of dy that show this one
  const int inner = s.w * s.c, outer = inner + 2 * padding * s.c, height = s.h + 2 * padding;
  const Index line = blockIdx.x, n = line / s.h;
  const Shown rows(static_cast<int>(line - n * s.h), s.h, padding);
  dy.read_row((n * height + rows.self) * outer, outer, [&](int i, float value) { sum[i] = value; });
  __syncthreads();
  for (int m = 1; m < 3; ++m)
    if (rows[m] >= 0) {
      dy.read_row((n * height + rows[m]) * outer, outer, [&](int i, float value) { sum[i] += value; });
      __syncthreads();
    }
  dx.write_row(line * inner, inner, [&](int i) {
    float total = sum[i + padding * s.c];
    const int w = i / s.c;
    const Shown columns(w, s.w, padding);
    if (columns.first >= 0) total += sum[columns.first * s.c + i - w * s.c];
    if (columns.last >= 0) total += sum[columns.last * s.c + i - w * s.c];
    return total;
  });
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
  require(Index{outer.w} * outer.c <= 1 << 30);  // a row is counted in int
}

// One of the three ways, for `lines` rows of `to`; shared_row: elements of the row that would be shared.
template <class T, class Wide, class Rows, class Single>
void launch_rows(const char* launcher, View to, ConstView from, const Shape& s, int padding, Index shared_row,
                 Wide wide, Rows rows, Single single, const Context& ctx) {
  constexpr int V = kWidest<T>;
  const Index lines = Index{to.shape.n} * to.shape.h, row = Index{to.shape.w} * s.c;
  const auto shared_bytes = static_cast<std::size_t>(shared_row) * sizeof(float);
  const bool whole = s.c % V == 0 && aligned(16, to.data) && aligned(16, from.data);
  if (!whole && row > 0 && shared_bytes <= kRowBytes)
    return launch(
        launcher, rows,
        {.grid = static_cast<unsigned>(lines), .threads = kRowThreads, .shared_bytes = shared_bytes}, ctx,
        static_cast<T*>(to.data), static_cast<const T*>(from.data), s, padding);
  launch(launcher, whole ? wide : single, {.grid = chunks(lines, whole ? row / V : row), .threads = kThreads},
         ctx, global<T>(to), global<T>(from), s, padding);
}

}  // namespace

void reflection_pad_forward(View y, ConstView x, int padding, const Context& ctx) {
  const Shape s = x.shape;
  check(__func__, s, y, x, y.shape, padding);
  with_storage(y.dtype, [&](auto* null) {
    using T = std::remove_pointer_t<decltype(null)>;
    launch_rows<T>("reflection_pad_forward", y, x, s, padding, Index{s.w} * s.c,
                   reflection_pad_forward_kernel<kWidest<T>, T>, reflection_pad_forward_rows_kernel<T>,
                   reflection_pad_forward_kernel<1, T>, ctx);
  });
}

void reflection_pad_backward(View dx, ConstView dy, int padding, const Context& ctx) {
  const Shape s = dx.shape;
  check(__func__, s, dx, dy, dy.shape, padding);
  with_storage(dx.dtype, [&](auto* null) {
    using T = std::remove_pointer_t<decltype(null)>;
    launch_rows<T>("reflection_pad_backward", dx, dy, s, padding, Index{dy.shape.w} * s.c,
                   reflection_pad_backward_kernel<kWidest<T>, T>, reflection_pad_backward_rows_kernel<T>,
                   reflection_pad_backward_kernel<1, T>, ctx);
  });
}

}  // namespace bauta::BAUTA_BACKEND
