// A block makes a tile of the output, two vectors of 16 bytes of each of its pixels wide: 32 bytes are the
// least that memory moves, and thin tiles can be large. What the tile reads, the windows' overlap included,
// it brings into shared memory once; there each output gathers what it needs, so that no two threads write
// one place.
//   Floor, in bytes of storage s: forward an element of x and one of y each, select those of x twice
//   (values), backward an element of dy and one of dx, scatter those and x. Tiles read their borders again:
//   for 3x3 windows at every second pixel 1.05 to 1.1 times the floor. Windows too large for shared memory
//   are read from where they are, as often as they overlap.
#include "kernels/pooling.h"

#include "kernels/window_tiles_gpu.h"

namespace bauta::BAUTA_BACKEND {

namespace {

// ---- Forward

enum class Pool { Average, Largest, Select };

template <Pool kPool, int V, class T>
__global__ void __launch_bounds__(kThreads, 2)
    pool_kernel(Global<T> y, Global<const Words<T, V>> values, Global<const Words<T, V>> x, Tiling t) {
  using Word = Words<T, V>;
  const TileBlock block(t, t.small);
  const Region region = under(block.tile, t);
  const Index origin = block.origin(t, t.large);
  Word* const shared = t.staged ? dynamic_shared<Word>() : nullptr;
  const Source<Word> from{x + origin, t.large.w, t.vectors, region, block.lanes, shared};
  const Source<Word> chosen{
      values + origin, t.large.w,   t.vectors,
      region,          block.lanes, shared ? shared + region.height * region.width * block.lanes : nullptr};
  if (t.staged) {
    from.stage();
    if (kPool == Pool::Select) chosen.stage();
    __syncthreads();
  }

  const float scale = 1.0f / static_cast<float>(Index{t.down.size} * t.across.size);
  for (Walk walk(block.tile, block.lanes); walk.inside(); walk.next()) {
    const int p = block.tile.top + walk.h, q = block.tile.left + walk.w;
    const Span<int> rows = covered(p, t.large.h, t.down), columns = covered(q, t.large.w, t.across);
    Floats<V> result{}, best;
    if (kPool != Pool::Average) best = unpack<T, V>(from.read(rows.begin, columns.begin, walk.lane));
    if (kPool == Pool::Select) result = unpack<T, V>(chosen.read(rows.begin, columns.begin, walk.lane));
    for (int h = rows.begin; h < rows.end; ++h)
      for (int w = columns.begin; w < columns.end; ++w) {
        const Floats<V> number = unpack<T, V>(from.read(h, w, walk.lane));
        Floats<V> value;
        if (kPool == Pool::Select) value = unpack<T, V>(chosen.read(h, w, walk.lane));
#pragma unroll
        for (int j = 0; j < V; ++j)
          if (kPool == Pool::Average) {
            result[j] += number[j];
          } else {
            const bool wins = number[j] > best[j];
            best[j] = wins ? number[j] : best[j];
            if (kPool == Pool::Select) result[j] = wins ? value[j] : result[j];
          }
      }
#pragma unroll
    for (int j = 0; j < V; ++j)
      result[j] = kPool == Pool::Average ? result[j] * scale : kPool == Pool::Largest ? best[j] : result[j];
    const Index pixel = (block.picture * t.small.h + p) * t.small.w + q;
    y.store((pixel * t.vectors + block.first_vector + walk.lane) * V, result);
  }
}

// ---- Backward

template <int V, class T>
__global__ void __launch_bounds__(kThreads, 2)
    avg_pool_backward_kernel(Global<T> dx, Global<const Words<T, V>> dy, Tiling t) {
  using Word = Words<T, V>;
  __shared__ SharedArray<Span<int>, kTallest> rows, columns;
  const TileBlock block(t, t.large);
  const Coverage coverage{rows, columns};
  coverage.find(block.tile, t);
  const Source<Word> from{
      dy + block.origin(t, t.small), t.small.w,   t.vectors,
      coverage.windows(block.tile),  block.lanes, t.staged ? dynamic_shared<Word>() : nullptr};
  if (t.staged) {
    from.stage();
    __syncthreads();
  }
  const float scale = 1.0f / static_cast<float>(Index{t.down.size} * t.across.size);
  for (Walk walk(block.tile, block.lanes); walk.inside(); walk.next()) {
    const Span<int> p = rows[walk.h], q = columns[walk.w];
    Floats<V> sum{};
    for (int i = p.begin; i < p.end; ++i)
      for (int j = q.begin; j < q.end; ++j) {
        const Floats<V> gradient = unpack<T, V>(from.read(i, j, walk.lane));
#pragma unroll
        for (int k = 0; k < V; ++k) sum[k] += gradient[k];
      }
#pragma unroll
    for (int k = 0; k < V; ++k) sum[k] *= scale;
    const Index pixel =
        (block.picture * t.large.h + block.tile.top + walk.h) * t.large.w + block.tile.left + walk.w;
    dx.store((pixel * t.vectors + block.first_vector + walk.lane) * V, sum);
  }
}

// In each of V channels the place of the largest x of window (p, q).
template <int V, class T>
__device__ __forceinline__ Vec<unsigned, V> places(const Source<Words<T, V>>& x, int p, int q, int lane,
                                                   const Tiling& t) {
  const Span<int> rows = covered(p, t.large.h, t.down), columns = covered(q, t.large.w, t.across);
  Floats<V> best = unpack<T, V>(x.read(rows.begin, columns.begin, lane));
  Vec<unsigned, V> place;
#pragma unroll
  for (int j = 0; j < V; ++j) place[j] = x.place(rows.begin, columns.begin);
  for (int h = rows.begin; h < rows.end; ++h)
    for (int w = columns.begin; w < columns.end; ++w) {
      const Floats<V> number = unpack<T, V>(x.read(h, w, lane));
      const unsigned here = x.place(h, w);
#pragma unroll
      for (int j = 0; j < V; ++j) {
        const bool wins = number[j] > best[j];
        best[j] = wins ? number[j] : best[j];
        place[j] = wins ? here : place[j];
      }
    }
  return place;
}

// Each pixel looks in which of the windows that cover it it is the largest. What is largest where is found
// once a window; or, where windows are too large to be staged, by each pixel anew.
template <int V, class T>
__global__ void __launch_bounds__(kThreads, 2)
    max_pool_scatter_kernel(Global<T> dx, Global<const Words<T, V>> dy, Global<const Words<T, V>> x,
                            Tiling t) {
  using Word = Words<T, V>;
  using Places = Vec<unsigned short, V>;  // of what fits into shared memory
  static_assert(kSharedBytes < 1 << 16);
  __shared__ SharedArray<Span<int>, kTallest> rows, columns;
  const TileBlock block(t, t.large);
  const Coverage coverage{rows, columns};
  coverage.find(block.tile, t);
  const Region windows = coverage.windows(block.tile), region = under(windows, t);
  Word* const shared = t.staged ? dynamic_shared<Word>() : nullptr;
  Word* const shared_dy = shared ? shared + region.height * region.width * block.lanes : nullptr;
  Places* const largest =
      shared ? reinterpret_cast<Places*>(shared_dy + windows.height * windows.width * block.lanes) : nullptr;
  const Source<Word> from{x + block.origin(t, t.large), t.large.w, t.vectors, region, block.lanes, shared};
  const Source<Word> gradients{
      dy + block.origin(t, t.small), t.small.w, t.vectors, windows, block.lanes, shared_dy};
  if (t.staged) {
    from.stage();
    gradients.stage();
    __syncthreads();
    for (Walk walk(windows, block.lanes); walk.inside(); walk.next()) {
      const Vec<unsigned, V> place =
          places<V, T>(from, windows.top + walk.h, windows.left + walk.w, walk.lane, t);
      Places narrow;
#pragma unroll
      for (int j = 0; j < V; ++j) narrow[j] = static_cast<unsigned short>(place[j]);
      largest[(walk.h * windows.width + walk.w) * block.lanes + walk.lane] = narrow;
    }
    __syncthreads();
  }
  for (Walk walk(block.tile, block.lanes); walk.inside(); walk.next()) {
    const int h = block.tile.top + walk.h, w = block.tile.left + walk.w;
    const Span<int> p = rows[walk.h], q = columns[walk.w];
    const unsigned here = from.place(h, w);
    Floats<V> sum{};
    for (int i = p.begin; i < p.end; ++i)
      for (int j = q.begin; j < q.end; ++j) {
        Vec<unsigned, V> place;
        if (t.staged) {
          const Places narrow =
              largest[((i - windows.top) * windows.width + j - windows.left) * block.lanes + walk.lane];
#pragma unroll
          for (int k = 0; k < V; ++k) place[k] = narrow[k];
        } else {
          place = places<V, T>(from, i, j, walk.lane, t);
        }
        const Floats<V> gradient = unpack<T, V>(gradients.read(i, j, walk.lane));
#pragma unroll
        for (int k = 0; k < V; ++k) sum[k] += place[k] == here ? gradient[k] : 0.0f;
      }
    const Index pixel = (block.picture * t.large.h + h) * t.large.w + w;
    dx.store((pixel * t.vectors + block.first_vector + walk.lane) * V, sum);
  }
}

// ---- Launches

template <Pool kPool>
void pool(const char* launcher, View y, ConstView values, ConstView x, PoolWindow window,
          const Context& ctx) {
  if (y.shape.count() == 0) return;
  in_vectors(
      x.shape.c,
      [&]<class T, int V>(T*, std::integral_constant<int, V>) {
        Tiling tiling{.large = x.shape, .small = y.shape, .down = window, .across = window};
        tiling.plan(y.shape, V, [&](int height, int width) {
          return pixels_under(height, x.shape.h, window) * pixels_under(width, x.shape.w, window) *
                 static_cast<Index>(sizeof(Words<T, V>)) * (kPool == Pool::Select ? 2 : 1);
        });
        launch(launcher, pool_kernel<kPool, V, T>, tiling.blocks(), ctx, global<T>(y), words<T, V>(values),
               words<T, V>(x), tiling);
      },
      y, values, x);
}

}  // namespace

void avg_pool_forward(View y, ConstView x, PoolWindow window, const Context& ctx) {
  BAUTA_CHECK_POOLING(y.shape, x.shape, window);
  BAUTA_CHECK(y.dtype == x.dtype, "y is ", y.dtype, ", x is ", x.dtype);
  pool<Pool::Average>(__func__, y, x, x, window, ctx);
}

void avg_pool_backward(View dx, ConstView dy, PoolWindow window, const Context& ctx) {
  BAUTA_CHECK_POOLING(dy.shape, dx.shape, window);
  BAUTA_CHECK(dx.dtype == dy.dtype, "dx is ", dx.dtype, ", dy is ", dy.dtype);
  if (dx.shape.count() == 0) return;
  in_vectors(
      dx.shape.c,
      [&]<class T, int V>(T*, std::integral_constant<int, V>) {
        Tiling tiling{.large = dx.shape, .small = dy.shape, .down = window, .across = window};
        tiling.plan(dx.shape, V, [&](int height, int width) {
          return windows_over(height, dy.shape.h, window) * windows_over(width, dy.shape.w, window) *
                 static_cast<Index>(sizeof(Words<T, V>));
        });
        launch("avg_pool_backward", avg_pool_backward_kernel<V, T>, tiling.blocks(), ctx, global<T>(dx),
               words<T, V>(dy), tiling);
      },
      dx, dy);
}

void max_pool_select(View y, ConstView values, ConstView x, PoolWindow window, const Context& ctx) {
  BAUTA_CHECK_POOLING(y.shape, x.shape, window);
  BAUTA_CHECK(values.shape == x.shape, "values is ", values.shape, ", x is ", x.shape);
  BAUTA_CHECK(y.dtype == x.dtype && values.dtype == x.dtype, "y is ", y.dtype, ", values is ", values.dtype,
              ", x is ", x.dtype);
  if (values.data == x.data)
    pool<Pool::Largest>(__func__, y, x, x, window, ctx);
  else
    pool<Pool::Select>(__func__, y, values, x, window, ctx);
}

void max_pool_scatter(View dx, ConstView dy, ConstView x, PoolWindow window, const Context& ctx) {
  BAUTA_CHECK_POOLING(dy.shape, x.shape, window);
  BAUTA_CHECK(dx.shape == x.shape, "dx is ", dx.shape, ", x is ", x.shape);
  BAUTA_CHECK(dx.dtype == dy.dtype && dx.dtype == x.dtype, "dx is ", dx.dtype, ", dy is ", dy.dtype,
              ", x is ", x.dtype);
  if (dx.shape.count() == 0) return;
  in_vectors(
      dx.shape.c,
      [&]<class T, int V>(T*, std::integral_constant<int, V>) {
        Tiling tiling{.large = dx.shape, .small = dy.shape, .down = window, .across = window};
        tiling.plan(dx.shape, V, [&](int height, int width) {
          const Index rows = windows_over(height, dy.shape.h, window);
          const Index columns = windows_over(width, dy.shape.w, window);
          const Index pixels =
              pixels_under(rows, dx.shape.h, window) * pixels_under(columns, dx.shape.w, window);
          constexpr Index kWord = sizeof(Words<T, V>), kPlaces = V * sizeof(unsigned short);
          return pixels * kWord + rows * columns * (kWord + kPlaces);
        });
        launch("max_pool_scatter", max_pool_scatter_kernel<V, T>, tiling.blocks(), ctx, global<T>(dx),
               words<T, V>(dy), words<T, V>(x), tiling);
      },
      dx, dy, x);
}

}  // namespace bauta::BAUTA_BACKEND
