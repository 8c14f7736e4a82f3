// Where the innermost dimension is kept, sums and repeats walk columns: kernels/columns_gpu.h. Where it is
// repeated, each number of the smaller shape stands for runs of neighbours, this file's: a team of a warp's
// threads takes a number, or blocks together where numbers are few and runs are long.
//   Floor: the larger shape once, and the smaller one once, s bytes an element each. Vectors of 16 bytes,
//   four to a thread on their way together; at a run's ends, where they do not fit, single elements.
#include "kernels/reductions.h"

#include "kernels/columns_gpu.h"
#include "kernels/elementwise.h"
#include "kernels/repeated_dimensions.h"

namespace bauta::BAUTA_BACKEND {

namespace {

// Vectors of a thread at a time; a piece of a run is as much for all of its team. Of single elements, which
// are for short runs, one.
template <int V>
constexpr int kVectors = V == 1 ? 1 : 4;

// Number i stands for `rows` runs of `length` neighbours each.
struct Runs {
  Index numbers = 1, rows = 1, inner = 1, length = 1;  // inner: numbers that share rows, run by run in turn

  // By plan():
  int vector = 1, shift = 0;  // shift: elements by which the tensor lies behind an aligned address
  int lanes = 1;              // threads of a team
  Index pieces = 1;           // of a run
  unsigned parts = 0;         // blocks that share a number; 0: each team has numbers of its own

  // In vectors of `widest` elements unless runs are short and lie askew.
  void plan(int widest, const void* tensor, std::size_t element_bytes) {
    shift = static_cast<int>(reinterpret_cast<std::uintptr_t>(tensor) / element_bytes %
                             static_cast<unsigned>(widest));
    const bool fits = shift == 0 && length % widest == 0;
    vector = fits || length >= 4 * widest ? widest : 1;
    if (vector == 1) shift = 0;
    const Index vectors = divide_up(length, vector) + (fits || vector == 1 ? 0 : 1);
    const int of_thread = vector == 1 ? kVectors<1> : kVectors<kWidest<float>>;
    const bool shared = numbers < kMany && rows * length > kMany;
    // At least 32 bytes side by side; of elements, all that one access can have.
    const Index wanted = vector == 1 ? vectors : larger(2, divide_up(vectors, of_thread));
    const int most = shared ? kThreads : kWarp;
    while (lanes < most && lanes < wanted) lanes *= 2;
    pieces = divide_up(vectors, Index{lanes} * of_thread);
    if (shared) parts = static_cast<unsigned>(divide_up(rows * pieces, kThreads / lanes));
  }
  Blocks blocks() const {
    return {.grid = static_cast<unsigned>(parts > 0 ? numbers * parts : divide_up(numbers * lanes, kThreads)),
            .threads = kThreads};
  }

  // Numbers, and elements to a number, from which on a warp's team is enough.
  static constexpr Index kMany = 1024;
};

// A thread's place in it.
template <int V>
struct RunsThread {
  Index number;
  int lane, team, teams;      // teams that share the number, this thread's being one
  Index first_piece, pieces;  // of the number: those of this thread's team and of the others in its block

  __device__ explicit RunsThread(const Runs& r) {
    const int thread = static_cast<int>(threadIdx.x);
    lane = thread % r.lanes;
    const Index all = r.rows * r.pieces;
    if (r.parts == 0) {
      number = (Index{blockIdx.x} * kThreads + thread) / r.lanes;
      team = 0;
      teams = 1;
      first_piece = 0;
      pieces = number < r.numbers ? all : 0;
    } else {
      number = blockIdx.x / r.parts;
      team = thread / r.lanes;
      teams = kThreads / r.lanes;
      const Index part = blockIdx.x % r.parts, share = divide_up(all, r.parts);
      first_piece = part * share;
      pieces = smaller(all, first_piece + share) - first_piece;
    }
  }

  // f(begin, end, first) for each piece: the run, and where in it this thread's first vector is, which may
  // begin before or end behind it. The others follow r.lanes vectors apart.
  template <class Function>
  __device__ void for_each_piece(const Runs& r, const Function& f) const {
    for (Index i = team; i < pieces; i += teams) {
      const Index item = first_piece + i, row = r.pieces == 1 ? item : item / r.pieces;
      const Index piece = item - row * r.pieces;
      const Index begin = r.inner == 1
                              ? (number * r.rows + row) * r.length
                              : ((number / r.inner * r.rows + row) * r.inner + number % r.inner) * r.length;
      const Index aligned = begin - (begin + r.shift) % V;
      f(begin, begin + r.length, aligned + (piece * kVectors<V> * r.lanes + lane) * V);
    }
  }
};

// ---- Sums

template <int V, class T>
__device__ double sum_of(Global<const T> x, const Runs& r, const RunsThread<V>& me) {
  double sum = 0;
  me.for_each_piece(r, [&](Index begin, Index end, Index first) {
    Floats<V> in[kVectors<V>];
#pragma unroll
    for (int k = 0; k < kVectors<V>; ++k) {
      const Index i = first + k * r.lanes * V;
      in[k] = x.template load_if<V>(i >= begin && i + V <= end, i);
    }
    add_pairwise(in);
    Floats<1> elements[V];
#pragma unroll
    for (int j = 0; j < V; ++j) elements[j][0] = in[0][j];
    add_pairwise(elements);
    sum += static_cast<double>(elements[0][0]);
    if constexpr (V > 1)  // where a vector sticks out of the run
#pragma unroll 1
      for (int k = 0; k < kVectors<V>; ++k)
        if (const Index i = first + k * r.lanes * V; i < begin || i + V > end)
#pragma unroll 1
          for (Index j = larger(i, begin); j < smaller(i + V, end); ++j)
            sum += static_cast<double>(x.template load<1>(j)[0]);
  });
  return sum;
}

// A team, and its number, is within a warp.
template <int V, class T>
__global__ void __launch_bounds__(kThreads) sum_runs_kernel(Sums y, Global<const T> x, Runs r) {
  const RunsThread<V> me(r);
  double sum = sum_of(x, r, me);
  for (int offset = r.lanes / 2; offset > 0; offset /= 2) sum += __shfl_xor_sync(kAllLanes, sum, offset);
  if (me.lane == 0 && me.number < r.numbers) y.write(me.number, sum);
}

// Blocks share a number: each leaves a partial sum, and the last adds them up.
template <int V, class T>
__global__ void __launch_bounds__(kThreads)
    sum_shared_runs_kernel(Sums y, Global<const T> x, Runs r, Global<double> partial,
                           Global<unsigned> counters) {
  const RunsThread<V> me(r);
  Vec<double, 1> sum = block_sum(Vec<double, 1>{{sum_of(x, r, me)}});
  if (r.parts > 1) {
    if (threadIdx.x == 0) partial.write(blockIdx.x, sum[0]);
    if (!is_last_block(counters + me.number, r.parts)) return;
    sum[0] = 0;
    for (unsigned part = threadIdx.x; part < r.parts; part += kThreads)
      sum[0] += partial.read(me.number * r.parts + part);
    sum = block_sum(sum);
  }
  if (threadIdx.x == 0) y.write(me.number, sum[0]);
}

void sum_runs(const char* launcher, View y, ConstView x, Runs r, const Context& ctx) {
  with_storage(x.dtype, [&](auto* null) {
    using T = std::remove_pointer_t<decltype(null)>;
    constexpr int V = kWidest<T>;
    r.plan(V, x.data, sizeof(T));
    const Sums sums(y, GradMode::Overwrite);
    if (r.parts == 0) {
      launch(launcher, r.vector > 1 ? sum_runs_kernel<V, T> : sum_runs_kernel<1, T>, r.blocks(), ctx, sums,
             global<T>(x), r);
      return;
    }
    // Four blocks for each of an H100's 132 multiprocessors.
    constexpr unsigned kBlocks = 528;
    r.parts = static_cast<unsigned>(smaller(r.parts, divide_up(kBlocks, r.numbers)));
    const std::size_t blocks = r.blocks().grid.x;
    auto* const partial = reinterpret_cast<double*>(ctx.workspace(2 * blocks));
    launch(launcher, r.vector > 1 ? sum_shared_runs_kernel<V, T> : sum_shared_runs_kernel<1, T>, r.blocks(),
           ctx, sums, global<T>(x), r, Global<double>(partial),
           Global<unsigned>(ctx.counters(static_cast<std::size_t>(r.numbers))));
  });
}

// ---- Repeats

template <int V, class T>
__global__ void __launch_bounds__(kThreads) fill_runs_kernel(Global<T> y, Few x, Runs r) {
  const RunsThread<V> me(r);
  if (me.number >= r.numbers) return;
  Floats<V> value;
  value[0] = x.load(me.number);
#pragma unroll
  for (int j = 1; j < V; ++j) value[j] = value[0];
  me.for_each_piece(r, [&](Index begin, Index end, Index first) {
#pragma unroll
    for (int k = 0; k < kVectors<V>; ++k) {
      const Index i = first + k * r.lanes * V;
      if (i >= begin && i + V <= end) {
        y.store(i, value);
      } else if constexpr (V > 1) {
#pragma unroll 1
        for (Index j = larger(i, begin); j < smaller(i + V, end); ++j) y.template store<1>(j, {value[0]});
      }
    }
  });
}

void fill_runs(const char* launcher, View y, ConstView x, Runs r, const Context& ctx) {
  with_storage(y.dtype, [&](auto* null) {
    using T = std::remove_pointer_t<decltype(null)>;
    constexpr int V = kWidest<T>;
    r.plan(V, y.data, sizeof(T));
    launch(launcher, r.vector > 1 ? fill_runs_kernel<V, T> : fill_runs_kernel<1, T>, r.blocks(), ctx,
           global<T>(y), Few(x), r);
  });
}

// ---- Dimensions: kept ones and repeated ones in turn, the last before the innermost being [rank - 2]

Index size_at(const RepeatedDimensions& d, int from_last) {
  return from_last < d.rank ? d.dimensions[d.rank - 1 - from_last].size : 1;
}

Columns columns_of(const RepeatedDimensions& d) {
  const Index width = size_at(d, 0), run = size_at(d, 1), groups = size_at(d, 2);
  return {.groups = groups,
          .rows = size_at(d, 3) * run,
          .width = width,
          .group_step = run * width,
          .run = run,
          .run_step = groups * run * width};
}

Runs runs_of(const RepeatedDimensions& d) {
  const Index rows = size_at(d, 2), inner = size_at(d, 1);
  return {
      .numbers = size_at(d, 3) * inner, .rows = rows, .inner = rows > 1 ? inner : 1, .length = size_at(d, 0)};
}

}  // namespace

void reduce_sum(View y, ConstView x, const Context& ctx) {
  BAUTA_CHECK(repeats(y.shape, x.shape), "x is ", x.shape, ", and does not reduce to ", y.shape);
  const RepeatedDimensions dimensions(y.shape, x.shape);
  if (x.shape.count() == 0) return fill(y, 0, ctx);
  if (dimensions.row().repeated)
    sum_runs(__func__, y, x, runs_of(dimensions), ctx);
  else
    sum_columns(__func__, y, x, GradMode::Overwrite, columns_of(dimensions), ctx);
}

void broadcast(View y, ConstView x, const Context& ctx) {
  BAUTA_CHECK(repeats(x.shape, y.shape), "x is ", x.shape, ", and does not repeat to ", y.shape);
  const RepeatedDimensions dimensions(x.shape, y.shape);
  if (y.shape.count() == 0) return;
  if (dimensions.row().repeated)
    fill_runs(__func__, y, x, runs_of(dimensions), ctx);
  else
    with_storage(y.dtype, [&](auto* null) {
      using T = std::remove_pointer_t<decltype(null)>;
      spread_columns<T>("broadcast", y, ValueAlone(), true, x, columns_of(dimensions), ctx);
    });
}

}  // namespace bauta::BAUTA_BACKEND
