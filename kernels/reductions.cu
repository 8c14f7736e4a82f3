// Which dimensions are summed over makes one of two patterns. The innermost stays: a reduction that keeps the
// channels (kernels/channel_reduction_gpu.h). The innermost goes: a warp for each output where its terms are
// few, else blocks that each sum a stretch, the last of which adds the stretches' sums. Broadcasting writes
// 16 bytes a thread and reads what they repeat, which the cache holds.
//   Floor s bytes an element of the larger tensor: the smaller one hardly counts.
#include "kernels/reductions.h"

#include "kernels/channel_reduction_gpu.h"

namespace bauta::BAUTA_BACKEND {

namespace {

// The larger shape as alternating dimensions, repeated ones (in which the smaller has size 1) and kept ones.
// The innermost is a row; a row is named by an index over the kept outer dimensions and one over the repeated
// outer ones.
struct Layout {
  struct Dimension {
    Index size = 1;
    bool repeated = false;
  };
  Dimension row;
  Dimension outer[3];  // from the inside out
  Index kept = 1, repeated = 1;

  Layout(const Shape& small, const Shape& large) {
    const int sizes[4] = {large.c, large.w, large.h, large.n};
    const int small_sizes[4] = {small.c, small.w, small.h, small.n};
    Dimension* current = nullptr;
    for (int d = 0; d < 4; ++d) {
      if (sizes[d] == 1) continue;
      const bool is_repeated = small_sizes[d] == 1;
      if (!current)
        current = &row;
      else if (current->repeated != is_repeated)
        current = current == &row ? outer : current + 1;
      current->repeated = is_repeated;
      current->size *= sizes[d];
    }
    for (const Dimension& dimension : outer) (dimension.repeated ? repeated : kept) *= dimension.size;
  }

  // Where a row of the larger shape begins.
  __device__ Index offset(Index kept_index, Index repeated_index) const {
    Index at = 0, stride = row.size;
#pragma unroll
    for (int d = 0; d < 3; ++d) {
      if (outer[d].size == 1) continue;
      const Index index = outer[d].repeated ? repeated_index : kept_index, left = index / outer[d].size;
      at += (index - left * outer[d].size) * stride;
      if (outer[d].repeated)
        repeated_index = left;
      else
        kept_index = left;
      stride *= outer[d].size;
    }
    return at;
  }
  // Of row i of the larger shape: its index over the kept outer dimensions.
  __device__ Index kept_index(Index i) const {
    Index at = 0, stride = 1;
#pragma unroll
    for (int d = 0; d < 3; ++d) {
      if (outer[d].size == 1) continue;
      if (!outer[d].repeated) {
        at += i % outer[d].size * stride;
        stride *= outer[d].size;
      }
      i /= outer[d].size;
    }
    return at;
  }
};

bool repeats(int small, int large) { return small == 1 || small == large; }
bool repeats(const Shape& small, const Shape& large) {
  return repeats(small.n, large.n) && repeats(small.h, large.h) && repeats(small.w, large.w) &&
         repeats(small.c, large.c);
}

// ---- the innermost dimension stays

template <class T, class Y>
struct SumOfRows {
  using Gathered = Sums<1>;
  Global<const T> x;
  Global<Y> y;
  Layout layout;

  template <int V>
  __device__ Floats<V> load(Index kept, Index row, int column) const {
    return x.template load<V>(layout.offset(kept, row) + column);
  }
  template <int V>
  __device__ void add(Gathered (&sums)[V], const Floats<V>& loaded, float) const {
#pragma unroll
    for (int k = 0; k < V; ++k) sums[k][0] += loaded[k];
  }
  __device__ void finish(Index kept, int column, Gathered total) const {
    y.template store<1>(kept * layout.row.size + column, {total[0]});
  }
};

// ---- the innermost dimension goes

constexpr int kInFlight = 4;

// The terms of one output: `repeated` rows, one after the other.
template <int V, class T>
struct Terms {
  Global<const T> x;
  Layout layout;
  Index kept;

  __device__ Index count() const { return layout.repeated * layout.row.size; }
  // Those from begin to end, every step-th vector.
  __device__ float sum(Index begin, Index end, Index step) const {
    float total = 0;
    for (Index i = begin; i < end; i += kInFlight * step) {
      Floats<V> loaded[kInFlight] = {};
#pragma unroll
      for (int k = 0; k < kInFlight; ++k)
        if (const Index at = i + k * step; at < end) {
          const Index row = at / layout.row.size;
          loaded[k] = x.template load<V>(layout.offset(kept, row) + (at - row * layout.row.size));
        }
#pragma unroll
      for (int k = 0; k < kInFlight; ++k) {
        float part = 0;
#pragma unroll
        for (int j = 0; j < V; ++j) part += loaded[k][j];
        total += part;
      }
    }
    return total;
  }
};

template <int V, class T, class Y>
__global__ void __launch_bounds__(kThreads)
    sum_by_warps_kernel(Global<Y> y, Global<const T> x, Layout layout) {
  const Index output = Index{blockIdx.x} * kWarps + threadIdx.x / kWarp;
  if (output >= layout.kept) return;
  const Terms<V, T> terms{x, layout, output};
  float sum = terms.sum(threadIdx.x % kWarp * V, terms.count(), kWarp * V);
#pragma unroll
  for (int offset = kWarp / 2; offset > 0; offset /= 2) sum += __shfl_xor_sync(kAllLanes, sum, offset);
  if (threadIdx.x % kWarp == 0) y.template store<1>(output, {sum});
}

template <int V, class T, class Y>
__global__ void __launch_bounds__(kThreads)
    sum_by_blocks_kernel(Global<Y> y, Global<const T> x, Layout layout, Index stretches, Index stretch,
                         Global<float> partial, Global<unsigned> counters) {
  const Index output = blockIdx.x / stretches, part = blockIdx.x % stretches;
  const Terms<V, T> terms{x, layout, output};
  const float mine =
      terms.sum(part * stretch + threadIdx.x * V, smaller(terms.count(), (part + 1) * stretch), kThreads * V);
  const float sum = block_sum(Vec<float, 1>{mine})[0];
  if (stretches > 1) {
    if (threadIdx.x == 0) partial.write(blockIdx.x, sum);
    if (!is_last_block(counters + output, static_cast<unsigned>(stretches))) return;
  }
  double total = stretches > 1 ? 0 : static_cast<double>(sum);
  if (stretches > 1) {
    double part_sum = 0;
    for (Index i = threadIdx.x; i < stretches; i += kThreads)
      part_sum += static_cast<double>(partial.read(output * stretches + i));
    total = block_sum(Vec<double, 1>{part_sum})[0];
  }
  if (threadIdx.x == 0) y.template store<1>(output, {static_cast<float>(total)});
}

template <class T, class Y>
void sum_rows(View y, ConstView x, const Layout& layout, const Context& ctx) {
  constexpr int V = kWidest<T>;
  constexpr Index kFew = 4096, kStretch = 16 * kThreads * V;
  const Index terms = layout.repeated * layout.row.size;
  const bool whole = layout.row.size % V == 0 && aligned(16, x.data);
  if (terms <= kFew) {
    launch("reduce_sum", whole ? sum_by_warps_kernel<V, T, Y> : sum_by_warps_kernel<1, T, Y>,
           {.grid = static_cast<unsigned>(divide_up(layout.kept, kWarps)), .threads = kThreads}, ctx,
           global<Y>(y), global<T>(x), layout);
    return;
  }
  const Index stretches = divide_up(terms, kStretch);
  launch("reduce_sum", whole ? sum_by_blocks_kernel<V, T, Y> : sum_by_blocks_kernel<1, T, Y>,
         {.grid = static_cast<unsigned>(layout.kept * stretches), .threads = kThreads}, ctx, global<Y>(y),
         global<T>(x), layout, stretches, kStretch,
         ctx.workspace(static_cast<std::size_t>(layout.kept * stretches)),
         ctx.counters(static_cast<std::size_t>(layout.kept)));
}

// ---- broadcasting

template <int V, class T, class Y>
__global__ void __launch_bounds__(kThreads)
    broadcast_kernel(Global<Y> y, Global<const T> x, Index count, Layout layout) {
  const Index i = (Index{blockIdx.x} * kThreads + threadIdx.x) * V;
  if (i >= count) return;
  const Index width = layout.row.size;
  const Index row = width <= 0x7fffffff ? quotient(i, static_cast<int>(width)) : i / width;
  const Index kept = layout.kept_index(row);
  Floats<V> value;
  if (layout.row.repeated) {
    const float same = x.template load<1>(kept)[0];
#pragma unroll
    for (int k = 0; k < V; ++k) value[k] = same;
  } else {
    value = x.template load<V>(kept * width + (i - row * width));
  }
  y.store(i, value);
}

// f with the storage of both as template arguments.
template <class Function>
void with_two_storages(DType a, DType b, const Function& f) {
  with_storage(a, [&](auto* null_a) { with_storage(b, [&](auto* null_b) { f(null_a, null_b); }); });
}

}  // namespace

void reduce_sum(View y, ConstView x, const Context& ctx) {
  BAUTA_CHECK(repeats(y.shape, x.shape), "x is ", x.shape, ", and does not reduce to ", y.shape);
  const Layout layout(y.shape, x.shape);
  if (y.shape.count() == 0) return;
  BAUTA_CHECK(layout.row.repeated || layout.row.size <= 0x7fffffff, "rows of ", layout.row.size, " outputs");
  with_two_storages(x.dtype, y.dtype, [&](auto* null_x, auto* null_y) {
    using T = std::remove_pointer_t<decltype(null_x)>;
    using Y = std::remove_pointer_t<decltype(null_y)>;
    constexpr int V = kWidest<T>;
    if (layout.row.repeated)
      sum_rows<T, Y>(y, x, layout, ctx);
    else
      reduce_channels<V>("reduce_sum", ctx, layout.kept, layout.repeated, static_cast<int>(layout.row.size),
                         layout.row.size % V == 0 && aligned(16, x.data),
                         SumOfRows<T, Y>{global<T>(x), global<Y>(y), layout});
  });
}

void broadcast(View y, ConstView x, const Context& ctx) {
  BAUTA_CHECK(repeats(x.shape, y.shape), "x is ", x.shape, ", and does not repeat to ", y.shape);
  const Layout layout(x.shape, y.shape);
  const Index count = count_of(y.shape);
  with_two_storages(x.dtype, y.dtype, [&](auto* null_x, auto* null_y) {
    using T = std::remove_pointer_t<decltype(null_x)>;
    using Y = std::remove_pointer_t<decltype(null_y)>;
    constexpr int V = kWidest<T> < kWidest<Y> ? kWidest<T> : kWidest<Y>;
    const bool whole =
        layout.row.size % V == 0 && aligned(V * sizeof(T), x.data) && aligned(V * sizeof(Y), y.data);
    launch("broadcast", whole ? broadcast_kernel<V, T, Y> : broadcast_kernel<1, T, Y>,
           {.grid = static_cast<unsigned>(divide_up(count, (whole ? V : 1) * kThreads)), .threads = kThreads},
           ctx, global<Y>(y), global<T>(x), count, layout);
  });
}

}  // namespace bauta::BAUTA_BACKEND
