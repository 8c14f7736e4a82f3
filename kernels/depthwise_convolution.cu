// Tiles as in pooling (kernels/window_tiles_gpu.h): what a tile of the output reads, and the filters of its
// channels, come into shared memory once; there each output gathers, so that no two threads write one place.
//   wgrad: a block takes a tile of dy and the pixels of x under it. A thread has one tap of one vector of
//   channels and some of the tile's pixels; the block's sums go to the workspace, and the last block of those
//   channels adds them up in their order.
//   Floor, in bytes of storage s: an element of x and one of y each, and of w. Tiles read their borders
//   again.
#include "kernels/columns_gpu.h"
#include "kernels/depthwise_window.h"
#include "kernels/elementwise.h"
#include "kernels/window_tiles_gpu.h"

namespace bauta::BAUTA_BACKEND {

namespace {

// sum += a * b, V channels.
template <int V>
__device__ void add_products(Floats<V>& sum, const Floats<V>& a, const Floats<V>& b) {
#pragma unroll
  for (int j = 0; j < V; ++j) sum[j] += a[j] * b[j];
}

// The filters of a block's channels, in shared memory after the picture's region if that is there.
template <class Word>
__device__ Source<Word> filters(Global<const Word> w, const Tiling& t, const TileBlock& block,
                                const Region& before, Word* shared) {
  return {w + block.first_vector,
          t.across.size,
          t.vectors,
          {0, 0, t.down.size, t.across.size},
          block.lanes,
          shared ? shared + before.height * before.width * block.lanes : nullptr};
}

template <int V, class T>
__global__ void __launch_bounds__(kThreads, 2)
    depthwise_fprop_kernel(Global<T> y, Global<const Words<T, V>> x, Global<const Words<T, V>> w, Tiling t) {
  using Word = Words<T, V>;
  const TileBlock block(t, t.small);
  const Region region = under(block.tile, t);
  Word* const shared = t.staged ? dynamic_shared<Word>() : nullptr;
  const Source<Word> from{x + block.origin(t, t.large), t.large.w, t.vectors, region, block.lanes, shared};
  const Source<Word> taps = filters(w, t, block, region, shared);
  if (t.staged) {
    from.stage();
    taps.stage();
    __syncthreads();
  }
  for (Walk walk(block.tile, block.lanes); walk.inside(); walk.next()) {
    const int p = block.tile.top + walk.h, q = block.tile.left + walk.w;
    const Span<int> rows = covered(p, t.large.h, t.down), columns = covered(q, t.large.w, t.across);
    Floats<V> sum{};
    for (int i = rows.begin; i < rows.end; ++i)
      for (int j = columns.begin; j < columns.end; ++j)
        add_products(sum, unpack<T, V>(from.read(i, j, walk.lane)),
                     unpack<T, V>(taps.read(tap_at(i, p, t.down), tap_at(j, q, t.across), walk.lane)));
    const Index pixel = (block.picture * t.small.h + p) * t.small.w + q;
    y.store((pixel * t.vectors + block.first_vector + walk.lane) * V, sum);
  }
}

template <int V, class T>
__global__ void __launch_bounds__(kThreads, 2)
    depthwise_dgrad_kernel(Global<T> dx, Global<const Words<T, V>> dy, Global<const Words<T, V>> w,
                           Tiling t) {
  using Word = Words<T, V>;
  __shared__ SharedArray<Span<int>, kTallest> rows, columns;
  const TileBlock block(t, t.large);
  const Coverage coverage{rows, columns};
  coverage.find(block.tile, t);
  const Region windows = coverage.windows(block.tile);
  Word* const shared = t.staged ? dynamic_shared<Word>() : nullptr;
  const Source<Word> from{dy + block.origin(t, t.small), t.small.w, t.vectors, windows, block.lanes, shared};
  const Source<Word> taps = filters(w, t, block, windows, shared);
  if (t.staged) {
    from.stage();
    taps.stage();
    __syncthreads();
  }
  for (Walk walk(block.tile, block.lanes); walk.inside(); walk.next()) {
    const int h = block.tile.top + walk.h, v = block.tile.left + walk.w;
    const Span<int> p = rows[walk.h], q = columns[walk.w];
    Floats<V> sum{};
    for (int i = p.begin; i < p.end; ++i)
      for (int j = q.begin; j < q.end; ++j)
        add_products(sum, unpack<T, V>(from.read(i, j, walk.lane)),
                     unpack<T, V>(taps.read(tap_at(h, i, t.down), tap_at(v, j, t.across), walk.lane)));
    const Index pixel = (block.picture * t.large.h + h) * t.large.w + v;
    dx.store((pixel * t.vectors + block.first_vector + walk.lane) * V, sum);
  }
}

// partial: for each chunk of channels, and there for each tile of each picture, a sum a tap and channel.
template <int V, class T>
__global__ void __launch_bounds__(kThreads, 2)
    depthwise_wgrad_kernel(Sums dw, Global<const Words<T, V>> x, Global<const Words<T, V>> dy, Tiling t,
                           Global<float> partial, Global<unsigned> counters) {
  using Word = Words<T, V>;
  __shared__ SharedArray<float, kThreads * V> sums;
  const TileBlock block(t, t.small);
  const Region region = under(block.tile, t);
  Word* const shared = t.staged ? dynamic_shared<Word>() : nullptr;
  const Source<Word> from{x + block.origin(t, t.large), t.large.w, t.vectors, region, block.lanes, shared};
  const Source<Word> gradients{dy + block.origin(t, t.small),
                               t.small.w,
                               t.vectors,
                               block.tile,
                               block.lanes,
                               shared ? shared + region.height * region.width * block.lanes : nullptr};
  if (t.staged) {
    from.stage();
    gradients.stage();
    __syncthreads();
  }

  const int thread = static_cast<int>(threadIdx.x), taps = t.down.size * t.across.size;
  const unsigned chunks = static_cast<unsigned>((t.vectors + t.lanes - 1) / t.lanes);
  const unsigned chunk = blockIdx.x % chunks, part = blockIdx.x / chunks, parts = gridDim.x / chunks;
  const int outputs = taps * block.lanes * V;  // taps, and of each the block's channels
  const Index slot = Index{chunk} * parts * taps * t.lanes * V;
  const auto place = [&](int output) {
    return Index{output / (block.lanes * V)} * t.vectors * V + block.first_vector * V +
           output % (block.lanes * V);
  };
  const auto write = [&](int output, double sum) {
    if (parts == 1)
      dw.write(place(output), sum);
    else
      partial.write(slot + Index{part} * outputs + output, static_cast<float>(sum));
  };

  // As many taps at a time as there are threads for; each has `slices` that take the pixels in turn.
  const int most = kThreads / block.lanes, together = taps < most ? taps : most;
  const int columns = together * block.lanes, slices = kThreads / columns;
  const int column = thread % columns;
  for (int begin = 0; begin < taps; begin += together) {
    const int tap = begin + column / block.lanes, r = tap / t.across.size, s = tap % t.across.size;
    Floats<V> sum{};
    if (tap < taps)
      for (Walk walk(block.tile, column % block.lanes, thread / columns, slices); walk.inside();
           walk.next()) {
        const int p = block.tile.top + walk.h, q = block.tile.left + walk.w;
        const int h = p * t.down.stride - t.down.padding + r, w = q * t.across.stride - t.across.padding + s;
        if (h >= 0 && h < t.large.h && w >= 0 && w < t.large.w)
          add_products(sum, unpack<T, V>(from.read(h, w, walk.lane)),
                       unpack<T, V>(gradients.read(p, q, walk.lane)));
      }
#pragma unroll
    for (int j = 0; j < V; ++j) sums[j * kThreads + thread] = sum[j];
    __syncthreads();
    const int left = (taps - begin < together ? taps - begin : together) * block.lanes;
    for (int i = thread; i < left * V; i += kThreads) {
      double total = 0;
      for (int slice = 0; slice < slices; ++slice)
        total += static_cast<double>(sums[i % V * kThreads + slice * columns + i / V]);
      write(begin * block.lanes * V + i, total);
    }
    __syncthreads();  // before the next taps' sums are written there
  }
  if (parts == 1 || !is_last_block(counters + chunk, parts)) return;
  for (int output = thread; output < outputs; output += kThreads) {
    double total = 0;
    for (unsigned i = 0; i < parts; ++i)
      total += static_cast<double>(partial.read(slot + Index{i} * outputs + output));
    dw.write(place(output), total);
  }
}

Tiling tiling_of(const Shape& large, const Shape& small, const Shape& w, ConvGeometry geometry) {
  const Windows windows(w, geometry);
  return {.large = large, .small = small, .down = windows.down, .across = windows.across};
}

}  // namespace

void depthwise_fprop(View y, ConstView x, const Weights& weights, ConvGeometry geometry, const Context& ctx) {
  const ConstView w = weights.view;
  check_depthwise(__func__, x.shape, y.shape, w.shape, geometry);
  BAUTA_CHECK(y.dtype == x.dtype && w.dtype == x.dtype, "y is ", y.dtype, ", x is ", x.dtype, ", w is ",
              w.dtype);
  if (y.shape.count() == 0) return;
  in_vectors(
      x.shape.c,
      [&]<class T, int V>(T*, std::integral_constant<int, V>) {
        Tiling tiling = tiling_of(x.shape, y.shape, w.shape, geometry);
        tiling.plan(y.shape, V, [&](int height, int width) {
          return (pixels_under(height, x.shape.h, tiling.down) *
                      pixels_under(width, x.shape.w, tiling.across) +
                  Index{w.shape.h} * w.shape.w) *
                 static_cast<Index>(sizeof(Words<T, V>));
        });
        launch("depthwise_fprop", depthwise_fprop_kernel<V, T>, tiling.blocks(), ctx, global<T>(y),
               words<T, V>(x), words<T, V>(w), tiling);
      },
      y, x, w);
}

void depthwise_dgrad(View dx, ConstView dy, const Weights& weights, ConvGeometry geometry,
                     const Context& ctx) {
  const ConstView w = weights.view;
  check_depthwise(__func__, dx.shape, dy.shape, w.shape, geometry);
  BAUTA_CHECK(dx.dtype == dy.dtype && w.dtype == dy.dtype, "dx is ", dx.dtype, ", dy is ", dy.dtype,
              ", w is ", w.dtype);
  if (dx.shape.count() == 0) return;
  in_vectors(
      dx.shape.c,
      [&]<class T, int V>(T*, std::integral_constant<int, V>) {
        Tiling tiling = tiling_of(dx.shape, dy.shape, w.shape, geometry);
        tiling.plan(dx.shape, V, [&](int height, int width) {
          return (windows_over(height, dy.shape.h, tiling.down) *
                      windows_over(width, dy.shape.w, tiling.across) +
                  Index{w.shape.h} * w.shape.w) *
                 static_cast<Index>(sizeof(Words<T, V>));
        });
        launch("depthwise_dgrad", depthwise_dgrad_kernel<V, T>, tiling.blocks(), ctx, global<T>(dx),
               words<T, V>(dy), words<T, V>(w), tiling);
      },
      dx, dy, w);
}

void depthwise_wgrad(View dw, ConstView x, ConstView dy, ConvGeometry geometry, GradMode mode,
                     const Context& ctx) {
  check_depthwise(__func__, x.shape, dy.shape, dw.shape, geometry);
  BAUTA_CHECK(x.dtype == dy.dtype && (dw.dtype == x.dtype || dw.dtype == DType::Float32), "dw is ", dw.dtype,
              ", x is ", x.dtype, ", dy is ", dy.dtype);
  if (dy.shape.count() == 0) {
    if (mode == GradMode::Overwrite) fill(dw, 0, ctx);
    return;
  }
  in_vectors(
      x.shape.c,
      [&]<class T, int V>(T*, std::integral_constant<int, V>) {
        Tiling tiling = tiling_of(x.shape, dy.shape, dw.shape, geometry);
        tiling.plan(
            dy.shape, V,
            [&](int height, int width) {
              return (pixels_under(height, x.shape.h, tiling.down) *
                          pixels_under(width, x.shape.w, tiling.across) +
                      Index{height} * width) *
                     static_cast<Index>(sizeof(Words<T, V>));
            },
            kThreads * V * static_cast<Index>(sizeof(float)));
        const auto chunks = static_cast<std::size_t>(tiling.chunks()),
                   blocks = std::size_t{tiling.blocks().grid.x};
        const bool shared = blocks > chunks;
        const std::size_t sums = dw.shape.count() / static_cast<std::size_t>(dw.shape.c) *
                                 static_cast<std::size_t>(tiling.lanes * V);
        launch("depthwise_wgrad", depthwise_wgrad_kernel<V, T>, tiling.blocks(), ctx, Sums(dw, mode),
               words<T, V>(x), words<T, V>(dy), tiling,
               Global<float>(shared ? ctx.workspace(blocks * sums) : nullptr),
               Global<unsigned>(shared ? ctx.counters(chunks) : nullptr));
      },
      x, dy);
}

}  // namespace bauta::BAUTA_BACKEND
