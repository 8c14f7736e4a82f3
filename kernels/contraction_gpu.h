// C[m, n] = sum over k of A(m, k) B(k, n): what gemm.cu and the convolution of every geometry share. Operands
// are read where they lie, through small functors that know where element (m, k) is; nothing is gathered in
// memory first. Included by *.cu only.
//
// A block computes 64 x 64 of C, a thread 4 x 4 of that, 16 steps of k at a time from shared memory; the next
// 16 are on their way in registers meanwhile. Sums are float32 in the order of k. Where C has few tiles, k is
// cut into pieces that are summed up by a second launch, in their order.
//   Bytes: A is read once for every 64 columns of C, B once for every 64 rows; C is written once.
//   Arithmetic: a multiplication and an addition is one FFMA, two reads of 16 bytes from shared memory
//   feed 16.
#pragma once

#include "kernels/gpu.h"

namespace bauta::BAUTA_BACKEND {
namespace {

constexpr int kTile = 64, kSteps = 16, kPiece = 4;
constexpr int kContractionThreads = kTile / kPiece * kTile / kPiece;
// Two blocks of 256 threads on each of an H100's 132 multiprocessors.
constexpr Index kBlocksWanted = 264;

// An operand is a functor with
//   kAlongSum                     whether neighbours in memory are neighbours in k
//   line(i)                       what a row of A or a column of B needs, computed once
//   step(k)                       what a place along the sum needs
//   load(there, line, step)       the element; zero where not `there` and outside of a picture
// This one is a matrix in memory: element (i, k) is at i * line_pitch + k * step_pitch.
template <class T, bool along_sum>
struct MatrixOperand {
  static constexpr bool kAlongSum = along_sum;
  Global<const T> data;
  Index line_pitch, step_pitch;

  __device__ Index line(Index i) const { return i * line_pitch; }
  __device__ Index step(Index k) const { return k * step_pitch; }
  __device__ float load(bool there, Index line, Index step) const {
    return data.template load_if<1>(there, line + step)[0];
  }
};

// A result is a functor with store(m, n, four values for columns n, n + 1...), of which only those below
// `columns` exist. This one is a matrix whose rows lie one after the other.
template <class T>
struct MatrixResult {
  Global<T> data;
  Index columns;
  bool whole;       // rows are whole vectors of kPiece
  bool accumulate;  // adds to what is there

  MatrixResult(void* to, Index wide, GradMode mode = GradMode::Overwrite)
      : data(static_cast<T*>(to)),
        columns(wide),
        whole(wide % kPiece == 0 && aligned(kPiece * sizeof(T), to)),
        accumulate(mode == GradMode::Accumulate) {}

  __device__ void store(Index m, Index n, Floats<kPiece> value) const {
    const Index at = m * columns + n;
    if (whole) {
      if (accumulate) {
        const Floats<kPiece> before = data.template load<kPiece>(at);
#pragma unroll
        for (int j = 0; j < kPiece; ++j) value[j] += before[j];
      }
      data.template store<kPiece>(at, value);
      return;
    }
#pragma unroll
    for (int j = 0; j < kPiece; ++j)
      if (n + j < columns) {
        const float before = accumulate ? data.template load<1>(at + j)[0] : 0.0f;
        data.template store<1>(at + j, {before + value[j]});
      }
  }
};

// What one block's part of the launch contracts.
template <class A, class B, class Result>
struct Contraction {
  A a;
  B b;
  Result result;
  Index rows, columns;  // of C
  Index first, last;    // k in [first, last)
};

// A part of the launch is a stretch of k; results of more than one lie one after the other.
template <class A, class B, class Result>
struct Stretches {
  Contraction<A, B, Result> all;
  Index stretch;

  __device__ Contraction<A, B, Result> part(Index i) const {
    Contraction<A, B, Result> result = all;
    result.result.data = all.result.data + i * all.rows * all.columns;
    result.first = i * stretch;
    result.last = smaller(result.first + stretch, all.last);
    return result;
  }
};

// [k][m / 4] or [k][n / 4]; the odd vector keeps writes along k on different banks.
constexpr int kVectors = kTile / kPiece + 1;
using Tiles = SharedArray<Vec<float, kPiece>, 2 * kSteps * kVectors>;

// What a thread carries of an operand's tile, from global through registers to shared memory: neighbouring
// lanes read neighbours.
template <class Operand>
class Carrier {
  static constexpr int kElements = kTile * kSteps / kContractionThreads;
  static constexpr bool kAlongSum = Operand::kAlongSum;
  static constexpr int kLines = kAlongSum ? kElements : 1;
  static constexpr int kApart = kContractionThreads / (kAlongSum ? kSteps : kTile);

 public:
  __device__ Carrier(const Operand& operand, Index first_line, Index lines)
      : operand_(operand), thread_(static_cast<int>(threadIdx.x)) {
#pragma unroll
    for (int i = 0; i < kLines; ++i) {
      const Index line = first_line + line_of(i);
      exists_[i] = line < lines;
      line_[i] = operand.line(exists_[i] ? line : 0);
    }
  }
  __device__ void fetch(Index k, Index last) {
#pragma unroll
    for (int i = 0; i < kElements; ++i) {
      const bool exists = exists_[kAlongSum ? i : 0] && k + step_of(i) < last;
      value_[i] = operand_.load(exists, line_[kAlongSum ? i : 0], operand_.step(k + step_of(i)));
    }
  }
  __device__ void put(Tiles& tiles, int buffer) const {
#pragma unroll
    for (int i = 0; i < kElements; ++i)
      tiles[(buffer * kSteps + step_of(i)) * kVectors + line_of(i) / kPiece].v[line_of(i) % kPiece] =
          value_[i];
  }

 private:
  __device__ int line_of(int i) const { return kAlongSum ? thread_ / kSteps + i * kApart : thread_ % kTile; }
  __device__ int step_of(int i) const { return kAlongSum ? thread_ % kSteps : thread_ / kTile + i * kApart; }

  const Operand& operand_;
  int thread_;
  decltype(std::declval<Operand>().line(0)) line_[kLines];
  bool exists_[kLines];
  float value_[kElements];
};

// parts.part(i) is the Contraction of part i; row_tiles x column_tiles are those of the largest part.
template <class Parts>
__global__ void __launch_bounds__(kContractionThreads, 1)
    contraction_kernel(Parts parts, Index row_tiles, Index column_tiles) {
  __shared__ Tiles left, right;
  const Index block = blockIdx.x, tile = block % (row_tiles * column_tiles);
  const auto task = parts.part(block / (row_tiles * column_tiles));
  const Index first_row = tile % row_tiles * kTile, first_column = tile / row_tiles * kTile;
  if (first_row >= task.rows || first_column >= task.columns) return;

  Carrier a(task.a, first_row, task.rows);
  Carrier b(task.b, first_column, task.columns);
  const int row = static_cast<int>(threadIdx.x) / (kTile / kPiece);
  const int column = static_cast<int>(threadIdx.x) % (kTile / kPiece);
  Floats<kPiece> sum[kPiece] = {};
  if (task.first < task.last) {  // a phase of dgrad may have no taps
    a.fetch(task.first, task.last);
    b.fetch(task.first, task.last);
  }
  int buffer = 0;
  for (Index k = task.first; k < task.last; k += kSteps, buffer ^= 1) {
    a.put(left, buffer);
    b.put(right, buffer);
    __syncthreads();
    a.fetch(k + kSteps, task.last);
    b.fetch(k + kSteps, task.last);
#pragma unroll
    for (int step = 0; step < kSteps; ++step) {
      const Vec<float, kPiece> down = left[(buffer * kSteps + step) * kVectors + row];
      const Vec<float, kPiece> across = right[(buffer * kSteps + step) * kVectors + column];
#pragma unroll
      for (int i = 0; i < kPiece; ++i)
#pragma unroll
        for (int j = 0; j < kPiece; ++j) sum[i][j] += down[i] * across[j];
    }
  }
#pragma unroll
  for (int i = 0; i < kPiece; ++i) {
    const Index m = first_row + row * kPiece + i, n = first_column + column * kPiece;
    if (m < task.rows && n < task.columns) task.result.store(m, n, sum[i]);
  }
}

template <class Parts>
void contract_parts(const char* launcher, const Context& ctx, const Parts& parts, Index number, Index rows,
                    Index columns) {
  const Index row_tiles = divide_up(rows, kTile), column_tiles = divide_up(columns, kTile);
  launch(launcher, contraction_kernel<Parts>,
         {.grid = static_cast<unsigned>(row_tiles * column_tiles * number), .threads = kContractionThreads},
         ctx, parts, row_tiles, column_tiles);
}

// ---- to[place(i)] = the sum of all parts' number i, in the order of the parts; place < 0: nowhere

struct InPlace {
  __device__ Index operator()(Index i) const { return i; }
};

// A block adds 32 numbers up, so that a warp's accesses are whole sectors: each of its warps every eighth
// part, and then the warps' sums.
constexpr int kAdders = 8;

template <class T, class Place>
__global__ void __launch_bounds__(kAdders* kWarp)
    add_parts_kernel(Global<T> to, Global<const float> parts, Index count, int number, Place place,
                     bool accumulate) {
  __shared__ SharedArray<float, kAdders * kWarp> sums;
  const int warp = static_cast<int>(threadIdx.x) / kWarp, lane = static_cast<int>(threadIdx.x) % kWarp;
  const Index i = Index{blockIdx.x} * kWarp + lane;
  float sum = 0;
  if (i < count)
#pragma unroll 8
    for (int part = warp; part < number; part += kAdders) sum += parts.read(part * count + i);
  sums[warp * kWarp + lane] = sum;
  __syncthreads();
  if (warp > 0 || i >= count) return;
  for (int w = 1; w < kAdders; ++w) sum += sums[w * kWarp + lane];
  const Index at = place(i);
  if (at < 0) return;
  if (accumulate) sum += to.template load<1>(at)[0];
  to.template store<1>(at, {sum});
}

template <class T, class Place>
void add_parts(const char* launcher, const Context& ctx, void* to, const float* parts, Index count,
               Index number, const Place& place, GradMode mode) {
  launch(launcher, add_parts_kernel<T, Place>,
         {.grid = static_cast<unsigned>(divide_up(count, kWarp)), .threads = kAdders * kWarp}, ctx,
         static_cast<T*>(to), parts, count, static_cast<int>(number), place, mode == GradMode::Accumulate);
}

// C (rows x columns, stored as T) = A B, k in [0, depth).
template <class T, class A, class B>
void contract(const char* launcher, const Context& ctx, void* c, const A& a, const B& b, Index rows,
              Index columns, Index depth, GradMode mode = GradMode::Overwrite) {
  constexpr Index kShortest = 256;  // stretch of k that is worth a block
  const Index tiles = divide_up(rows, kTile) * divide_up(columns, kTile);
  if (tiles == 0) return;
  const Index wanted = smaller(divide_up(depth, kShortest), kBlocksWanted / tiles);
  const auto run = [&](auto result, Index stretch, Index parts) {
    contract_parts(launcher, ctx,
                   Stretches<A, B, decltype(result)>{{a, b, result, rows, columns, 0, depth}, stretch}, parts,
                   rows, columns);
  };
  if (wanted <= 1) {
    run(MatrixResult<T>(c, columns, mode), depth, 1);
    return;
  }
  const Index stretch = divide_up(divide_up(depth, wanted), kSteps) * kSteps,
              parts = divide_up(depth, stretch);
  float* const partial = ctx.workspace(static_cast<std::size_t>(parts * rows * columns));
  run(MatrixResult<float>(partial, columns), stretch, parts);
  add_parts<T>(launcher, ctx, c, partial, rows * columns, parts, InPlace(), mode);
}

}  // namespace
}  // namespace bauta::BAUTA_BACKEND
