// Tensors as rows of columns, for what belongs to a column and is repeated in its rows: a bias, or a shape
// that another repeats. Sums over the rows, and the walk that brings a column's value to each of them.
// Included by bias.cu, prelu.cu and reductions.cu.
#pragma once

#include "kernels/parallel_gpu.h"

namespace bauta::BAUTA_BACKEND {
namespace {

// The few numbers, one a column, beside a large tensor: stored either way, which kernels find out as they
// run.
template <class Float, class Half>
struct FewOf {
  Global<Float> floats;  // null: it is the other
  Global<Half> halves;
  bool whole = false;  // aligned for 16 bytes

  template <class AnyView>
  explicit FewOf(const AnyView& view) : whole(aligned(16, view.data)) {
    if (view.dtype == DType::Float32)
      floats = global<float>(view);
    else
      halves = global<bfloat16>(view);
  }

  __device__ float load(Index i) const {
    return floats ? floats.template load<1>(i)[0] : halves.template load<1>(i)[0];
  }
  // V of them; i is a multiple of V.
  template <int V>
  __device__ Floats<V> load_all(Index i) const {
    return floats ? load_pieces<V>(floats, i) : load_pieces<V>(halves, i);
  }

 private:
  template <int V, class T>
  static __device__ Floats<V> load_pieces(const Global<T>& from, Index i) {
    constexpr int kPiece = V < kWidest<T> ? V : kWidest<T>;
    Floats<V> result;
#pragma unroll
    for (int k = 0; k < V; k += kPiece) {
      const Floats<kPiece> piece = from.template load<kPiece>(i + k);
#pragma unroll
      for (int j = 0; j < kPiece; ++j) result[k + j] = piece[j];
    }
    return result;
  }
};

using Few = FewOf<const float, const bfloat16>;

struct Sums : FewOf<float, bfloat16> {
  bool accumulate;

  Sums(View view, GradMode mode) : FewOf(view), accumulate(mode == GradMode::Accumulate) {}

  __device__ void write(Index i, double sum) const {
    if (accumulate) sum += static_cast<double>(load(i));
    if (floats)
      floats.store<1>(i, {static_cast<float>(sum)});
    else
      halves.store<1>(i, {static_cast<float>(sum)});
  }
};

// Pairwise, into in[0]. Every sum of a thread is made of such batches, added up in double: accurate, and next
// to no work for the few units that cards have for it.
template <int V, int N>
__device__ void add_pairwise(Floats<V> (&in)[N]) {
#pragma unroll
  for (int step = N / 2; step > 0; step /= 2)
#pragma unroll
    for (int k = 0; k < step; ++k)
#pragma unroll
      for (int j = 0; j < V; ++j) in[k][j] += in[k + step][j];
}

// Where things lie, and who does what. A block has `lanes` vectors of neighbouring columns and `row_lanes`
// threads for each, which take its rows in turn; where a block's columns have many rows, several blocks share
// them. Rows that hold no whole number of vectors, but follow each other, are walked as if `copies` of them
// were one.
struct Columns {
  Index groups = 1, rows = 1, width = 1;  // a group has rows of its own
  Index group_step = 0;                   // elements from one group to the next
  Index run = 1, run_step = 0;  // as many rows follow each other; elements from there to the next run

  // By plan():
  int vector = 1, lanes = 1, row_lanes = 1;
  int outputs = 1;               // columns of a block
  Index copies = 1, values = 1;  // columns before rows were put together
  // What a step of row_lanes rows adds to a row's number in its run, and to where it is; the latter again
  // when it leaves the run.
  Index step = 0, stride = 0, carry = 0;
  Index part_rows = 1;
  unsigned chunks = 1, parts = 1;

  // In vectors of `widest` elements if the pointers allow (whole).
  void plan(int widest, bool whole) {
    const bool contiguous = run == rows && rows * width % widest == 0;
    values = width;
    Index together = 1;  // rows after which a vector begins where a row does
    while (together * width % widest != 0) together *= 2;
    if (whole && (together == 1 || (contiguous && together * width <= kTogether * widest))) vector = widest;
    if (vector > 1 && together > 1) {
      copies = together;
      width *= copies;
      rows = run = rows / copies;  // no remainder: all rows are whole vectors, and copies the fewest that are
    }
    const Index vectors = divide_up(width, vector);
    Index across = kLine * widest / vector;
    while (across < kThreads && kThreads / across * kRowsOfThread > rows) across *= 2;
    across = smaller(across, vectors);
    lanes = static_cast<int>(across);
    row_lanes = kThreads / lanes;
    outputs = static_cast<int>(smaller(across * vector, width) / copies);
    chunks = static_cast<unsigned>(divide_up(vectors, across));
    step = row_lanes % run;
    stride = step * width + row_lanes / run * run_step;
    carry = run_step - run * width;
  }

  // Blocks for the same columns: about `wanted`, but none with fewer than kRowsOfThread rows to a thread.
  void share_rows(Index wanted) {
    const Index most = larger(1, divide_up(rows, Index{row_lanes} * kRowsOfThread));
    part_rows = divide_up(divide_up(rows, larger(1, smaller(wanted, most))), row_lanes) * row_lanes;
    parts = static_cast<unsigned>(divide_up(rows, part_rows));
  }

  Blocks blocks() const {
    return {.grid = static_cast<unsigned>(groups * chunks * parts), .threads = kThreads};
  }

  static constexpr int kRowsOfThread = 4;
  static constexpr int kLine = 8;       // vectors of 16 bytes, neighbours that make 128: lanes are no fewer
  static constexpr int kTogether = 32;  // vectors in rows that are walked as one, at most
};

// A row a pixel.
inline Columns channels_of(const Shape& s) {
  const Index pixels = Index{s.n} * s.h * s.w;
  return {.rows = pixels, .width = s.c, .run = pixels};
}

// A thread's place in it, at one row after the other.
template <int V>
struct ColumnsThread {
  unsigned chunk, part;
  Index group, column;   // of its vectors
  Index row, end;        // the next row, and where its block's rows end
  Index in_run, offset;  // the row's number in its run; where the vector is in the group

  __device__ explicit ColumnsThread(const Columns& c)
      : chunk(blockIdx.x % c.chunks),
        part(blockIdx.x / c.chunks % c.parts),
        group(blockIdx.x / c.chunks / c.parts) {
    const int lane = static_cast<int>(threadIdx.x) % c.lanes,
              row_lane = static_cast<int>(threadIdx.x) / c.lanes;
    column = (Index{chunk} * c.lanes + lane) * V;
    row = part * c.part_rows + row_lane;
    end = row_lane < c.row_lanes && column < c.width ? smaller(c.rows, (part + 1) * c.part_rows) : 0;
    in_run = row % c.run;
    offset = row / c.run * c.run_step + in_run * c.width + column;
  }

  __device__ bool has_vector() const { return row < end; }
  __device__ Index at(const Columns& c) const { return group * c.group_step + offset; }
  // Of a Global, or of what makes its elements from several.
  template <class Source>
  __device__ auto load(const Source& x, const Columns& c) const {
    return x.template load_if<V>(has_vector(), at(c));
  }
  __device__ void next_row(const Columns& c) {
    row += c.row_lanes;
    in_run += c.step;
    offset += c.stride;
    const bool leaves = in_run >= c.run;
    in_run -= leaves ? c.run : 0;
    offset += leaves ? c.carry : 0;
  }
};

// ---- Sums over the rows

// For each thread one or several sums; the block's are those over its row lanes, in row lane 0.
template <int V>
__device__ void add_row_lanes(SharedArray<double, V*(kThreads + 1)>& sums, const Columns& c) {
  int there = c.row_lanes;
  const int thread = static_cast<int>(threadIdx.x);
  while (there > 1) {
    const int half = (there + 1) / 2;
    __syncthreads();
    if (thread + half * c.lanes < there * c.lanes)
#pragma unroll
      for (int j = 0; j < V; ++j)
        sums[j * (kThreads + 1) + thread] += sums[j * (kThreads + 1) + thread + half * c.lanes];
    there = half;
  }
  __syncthreads();
}

// Rows of a thread that are on their way together.
template <class Source>
constexpr int kRowsAtOnce = 8;

// partial: parts x outputs numbers, and a counter, for each chunk of each group.
template <int V, class Source>
__global__ void __launch_bounds__(kThreads, 2)
    sum_columns_kernel(Sums y, Source x, Columns c, Global<float> partial, Global<unsigned> counters) {
  constexpr int kBatch = kRowsAtOnce<Source>,
                kStride = kThreads + 1;  // one more, so that threads meet in different banks
  __shared__ SharedArray<double, V * kStride> sums;
  ColumnsThread<V> me(c);
  const int thread = static_cast<int>(threadIdx.x);

  double sum[V] = {};
  while (me.row < me.end) {
    Floats<V> in[kBatch];
#pragma unroll
    for (int k = 0; k < kBatch; ++k) {
      in[k] = me.load(x, c);
      me.next_row(c);
    }
    add_pairwise(in);
#pragma unroll
    for (int j = 0; j < V; ++j) sum[j] += static_cast<double>(in[0][j]);
  }
#pragma unroll
  for (int j = 0; j < V; ++j) sums[j * kStride + thread] = sum[j];
  add_row_lanes<V>(sums, c);

  const Index first = Index{me.chunk} * c.lanes * V, output = me.group * c.values + first;
  const int outputs = static_cast<int>(smaller(c.outputs, c.values - first));
  const Index slot = (me.group * c.chunks + me.chunk) * c.parts;
  for (int o = thread; o < outputs; o += kThreads) {
    double total = 0;
    for (int copy = 0; copy < c.copies; ++copy) {
      const int column = o + copy * outputs;
      total += sums[column % V * kStride + column / V];
    }
    if (c.parts == 1)
      y.write(output + o, total);
    else
      partial.write((slot + me.part) * c.outputs + o, static_cast<float>(total));
  }
  if (c.parts == 1 || !is_last_block(counters + slot / c.parts, c.parts)) return;

  // Some threads a column add up what the blocks left, in turn; then one of them what those have.
  constexpr int kMostHelpers = 16;
  const int helpers = kThreads / outputs < kMostHelpers ? kThreads / outputs : kMostHelpers;
  const int helper = thread / outputs;
  double total = 0;
  if (helper < helpers)
    for (unsigned part = static_cast<unsigned>(helper); part < c.parts;
         part += static_cast<unsigned>(helpers))
      total += static_cast<double>(partial.read((slot + part) * c.outputs + thread % outputs));
  sums[thread] = total;
  __syncthreads();
  if (thread >= outputs) return;
  for (int h = 1; h < helpers; ++h) total += sums[h * outputs + thread];
  y.write(output + thread, total);
}

// y[c] = or += the sum of x's column c; x gives elements stored as T, and is `whole` where it can be read 16
// bytes at a time. Deterministic: who adds what depends on shapes and alignment alone.
template <class T, class Source>
void sum_columns_of(const char* launcher, View y, const Source& x, bool whole, GradMode mode, Columns c,
                    const Context& ctx) {
  c.plan(kWidest<T>, whole);
  // Two blocks for each of an H100's 132 multiprocessors. Where columns are many they are blocks enough.
  constexpr Index kBlocks = 264;
  c.share_rows(c.outputs <= 64 ? kBlocks / (c.groups * Index{c.chunks}) : 1);
  const std::size_t sums = static_cast<std::size_t>(c.groups) * c.chunks;
  const bool shared = c.parts > 1;
  float* partial = shared ? ctx.workspace(sums * c.parts * static_cast<std::size_t>(c.outputs)) : nullptr;
  unsigned* counters = shared ? ctx.counters(sums) : nullptr;
  launch(launcher, c.vector > 1 ? sum_columns_kernel<kWidest<T>, Source> : sum_columns_kernel<1, Source>,
         c.blocks(), ctx, Sums(y, mode), x, c, Global<float>(partial), Global<unsigned>(counters));
}

inline void sum_columns(const char* launcher, View y, ConstView x, GradMode mode, Columns c,
                        const Context& ctx) {
  with_storage(x.dtype, [&](auto* null) {
    using T = std::remove_pointer_t<decltype(null)>;
    sum_columns_of<T>(launcher, y, global<T>(x), aligned(16, x.data), mode, c, ctx);
  });
}

// ---- The walk from a column's value to each row

// The column's value itself.
struct ValueAlone {
  struct Nothing {};
  template <int V>
  __device__ Nothing load_if(bool, Index) const {
    return {};
  }
  template <int V>
  __device__ Floats<V> with(Nothing, const Floats<V>& value) const {
    return value;
  }
};

// An element and its column's value.
template <class T>
struct Sum {
  Global<const T> x;

  template <int V>
  __device__ Floats<V> load_if(bool there, Index i) const {
    return x.template load_if<V>(there, i);
  }
  template <int V>
  __device__ Floats<V> with(Floats<V> element, const Floats<V>& value) const {
#pragma unroll
    for (int j = 0; j < V; ++j) element[j] += value[j];
    return element;
  }
};

template <int V, class T, class Source>
__global__ void __launch_bounds__(kThreads)
    spread_columns_kernel(Global<T> y, Source x, Few values, Columns c) {
  constexpr int kBatch = Columns::kRowsOfThread;
  ColumnsThread<V> me(c);
  if (me.row >= me.end) return;
  Floats<V> value;
  if (c.copies == 1 && values.whole) {
    value = values.template load_all<V>(me.group * c.values + me.column);
  } else {
    Index v = me.column % c.values;
#pragma unroll
    for (int j = 0; j < V; ++j) {
      value[j] = values.load(me.group * c.values + v);
      v = v + 1 < c.values ? v + 1 : 0;
    }
  }
  while (me.row < me.end) {
    decltype(me.load(x, c)) in[kBatch];
    Index at[kBatch];
    bool there[kBatch];
#pragma unroll
    for (int k = 0; k < kBatch; ++k) {
      at[k] = me.at(c);
      there[k] = me.has_vector();
      in[k] = me.load(x, c);
      me.next_row(c);
    }
#pragma unroll
    for (int k = 0; k < kBatch; ++k) {
      if (!there[k]) return;
      y.store(at[k], x.with(in[k], value));
    }
  }
}

// y = x.with(its element, the value of its column), y stored as T; x is `whole` where it can be read 16 bytes
// at a time.
template <class T, class Source>
void spread_columns(const char* launcher, View y, const Source& x, bool whole, ConstView values, Columns c,
                    const Context& ctx) {
  c.plan(kWidest<T>, aligned(16, y.data) && whole);
  c.share_rows(c.rows);
  launch(launcher,
         c.vector > 1 ? spread_columns_kernel<kWidest<T>, T, Source> : spread_columns_kernel<1, T, Source>,
         c.blocks(), ctx, global<T>(y), x, Few(values), c);
}

}  // namespace
}  // namespace bauta::BAUTA_BACKEND
