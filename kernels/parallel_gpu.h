// What the card's kernels share: a map over elements, and sums whose order never changes. Included by *.cu
// only.
#pragma once

#include <algorithm>
#include <bit>

#include "kernels/gpu.h"

namespace bauta::BAUTA_BACKEND {
namespace {

// Threads of a block, where nothing asks for another number.
constexpr int kThreads = 256;
constexpr int kWarps = kThreads / kWarp;

inline Index count_of(const Shape& shape) { return static_cast<Index>(shape.count()); }

// ---- y[i] = f(x[i]...)

template <int V, class Function, class... In>
__device__ Floats<V> apply(const Function& f, const In&... in) {
  Floats<V> result;
#pragma unroll
  for (int k = 0; k < V; ++k) result[k] = f(in[k]...);
  return result;
}

// A thread computes two vectors of V elements, a block's width apart: both are on their way before the first
// is needed. The last block, which may not be full, goes element by element.
template <int V, class T, class Function, class... In>
__global__ void __launch_bounds__(kThreads)
    map_kernel(Global<T> y, Index count, Function f, Global<In>... x) {
  constexpr int kVectors = 2, kBlock = kVectors * kThreads * V;
  const Index begin = Index{blockIdx.x} * kBlock;
  if (begin + kBlock <= count) {
    Floats<V> result[kVectors];
#pragma unroll
    for (int k = 0; k < kVectors; ++k)
      result[k] = apply<V>(f, x.template load<V>(begin + (k * kThreads + threadIdx.x) * V)...);
#pragma unroll
    for (int k = 0; k < kVectors; ++k) y.store(begin + (k * kThreads + threadIdx.x) * V, result[k]);
  } else {
    for (Index i = begin + threadIdx.x; i < count; i += kThreads)
      y.template store<1>(i, apply<1>(f, x.template load<1>(i)...));
  }
}

// y[i] = f(x[i]...) for all i, y stored as T and every x as From; y may be one of x where these are the same.
// f takes floats and gives one.
template <class T, class From, class Function, class... In>
void map_between(const char* launcher, const Context& ctx, View y, const Function& f, const In&... x) {
  const Index count = count_of(y.shape);
  const auto run = [&]<int V>(std::integral_constant<int, V>) {
    const auto blocks = static_cast<unsigned>(divide_up(count, 2 * kThreads * V));
    launch(launcher, map_kernel<V, T, Function, std::conditional_t<true, const From, In>...>,
           {.grid = dim3(blocks), .threads = dim3(kThreads)}, ctx, global<T>(y), count, f,
           global<From>(x)...);
  };
  if ((aligned(16, y.data) && ... && aligned(16, x.data)))
    run(std::integral_constant<int, std::min(kWidest<T>, kWidest<From>)>());
  else
    run(std::integral_constant<int, 1>());
}

// The same with one storage for all.
template <class T, class Function, class... In>
void map_as(const char* launcher, const Context& ctx, View y, const Function& f, const In&... x) {
  map_between<T, T>(launcher, ctx, y, f, x...);
}

// The same, with views of one storage type that is known only now; throws CheckError where they differ.
template <class Function, class... In>
void map(const char* launcher, const Context& ctx, View y, const Function& f, const In&... x) {
  [[maybe_unused]] const auto check = [&](const ConstView& in) {
    if (in.dtype != y.dtype)
      fail_check(launcher, "all views are stored alike", __FILE__, __LINE__, "y is ", y.dtype,
                 ", an input is ", in.dtype);
  };
  (check(x), ...);
  with_storage(y.dtype, [&](auto* null) {
    map_as<std::remove_pointer_t<decltype(null)>>(launcher, ctx, y, f, ConstView(x)...);
  });
}

// ---- sums over a block and over a grid

// The sum over the block's threads, in every one of them. Called by all kThreads threads, kThreads x 1 x 1.
template <class Number, int N = 1>
__device__ Vec<Number, N> block_sum(Vec<Number, N> sum) {
  __shared__ SharedArray<Number, kWarps * N> of_warp;
#pragma unroll
  for (int offset = kWarp / 2; offset > 0; offset /= 2)
#pragma unroll
    for (int k = 0; k < N; ++k) sum[k] += __shfl_xor_sync(kAllLanes, sum[k], offset);
  const int warp = static_cast<int>(threadIdx.x) / kWarp;
  if (threadIdx.x % kWarp == 0)
#pragma unroll
    for (int k = 0; k < N; ++k) of_warp[warp * N + k] = sum[k];
  __syncthreads();
#pragma unroll
  for (int k = 0; k < N; ++k) {
    sum[k] = of_warp[k];
    for (int w = 1; w < kWarps; ++w) sum[k] += of_warp[w * N + k];
  }
  __syncthreads();  // before the next sum writes there
  return sum;
}

// Called by all threads of a block that has written its part of a result: true in the last block to arrive,
// which may then read what the others wrote. The counter, of Context::counters, is zero again afterwards.
__device__ inline bool is_last_block(Global<unsigned> counter, unsigned blocks) {
  __shared__ SharedArray<unsigned, 1> before;
  __threadfence();
  __syncthreads();
  if (threadIdx.x == 0) {
    before[0] = counter.atomic_add(0, 1u);
    __threadfence();  // before what the others wrote is read
    if (before[0] == blocks - 1) counter.write(0, 0u);
  }
  __syncthreads();
  return before[0] == blocks - 1;
}

// ---- pieces of a row, and structures in the card's memory

// Elements [begin, end) as whole vectors, which start at multiples of V, and the single elements before and
// after them: f(std::integral_constant<int, N>, i) for those that this one of `threads` threads takes. A
// single element has a thread of its own, the last ones first, which have no vector where there are few.
template <int V, class Function>
__device__ void for_pieces(int begin, int end, int thread, int threads, const Function& f) {
  if (begin >= end) return;
  const int up = (begin + V - 1) / V * V, first = up < end ? up : end;
  const int down = end / V * V, last = down > first ? down : first;
  for (int i = first + thread * V; i < last; i += threads * V) f(std::integral_constant<int, V>(), i);
  if constexpr (V > 1) {  // threads >= 2 (V - 1)
    const int single = threads - 1 - thread, before = first - begin;
    if (single < before)
      f(std::integral_constant<int, 1>(), begin + single);
    else if (single - before < end - last)
      f(std::integral_constant<int, 1>(), last + single - before);
  }
}

// What every thread of a warp wants to know, read by them together in one access. Called by whole warps.
template <class T>
__device__ T read_by_warp(const T* from) {
  constexpr int kWords = sizeof(T) / sizeof(unsigned);
  static_assert(sizeof(T) % sizeof(unsigned) == 0 && kWords <= kWarp);
  const int lane = static_cast<int>(threadIdx.x) % kWarp;
  const Global<const unsigned> words(reinterpret_cast<const unsigned*>(from));
  const unsigned word = lane < kWords ? words.read(lane) : 0;
  struct {
    unsigned v[kWords];
  } all;
#pragma unroll
  for (int k = 0; k < kWords; ++k) all.v[k] = __shfl_sync(kAllLanes, word, k);
  return std::bit_cast<T>(all);
}

}  // namespace
}  // namespace bauta::BAUTA_BACKEND
