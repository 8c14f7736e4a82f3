// Reductions that keep the channels: for each image and channel something is gathered over all rows (pixels),
// in an order that depends on the shape alone. One launch. Included by *.cu only.
//
// A block's threads stand `columns` side by side over vectors of V channels, and behind each other over rows,
// so that a warp always reads a contiguous stretch. Each thread gathers every so many rows of the block's
// chunk; then lanes, warps and at last chunks are merged, each in a fixed order: chunks by the last block of
// an image's group of channels to arrive, from partial results in the workspace.
#pragma once

#include "kernels/parallel_gpu.h"

namespace bauta::BAUTA_BACKEND {
namespace {

// What is gathered for one channel: some sums.
template <int N>
struct Sums {
  static constexpr int kFloats = N;  // what goes through memory
  Floats<N> sum{};

  __device__ void merge(const Sums& other) {
#pragma unroll
    for (int k = 0; k < N; ++k) sum[k] += other.sum[k];
  }
  __device__ float& operator[](int k) { return sum[k]; }
};

// Number, mean and squared distances from the mean (Welford; merged by Chan, Golub, LeVeque 1983): exact
// however large the mean is.
struct Moments {
  static constexpr int kFloats = 3;
  Floats<3> number_mean_square{};

  __device__ float mean() const { return number_mean_square[1]; }
  __device__ float variance() const { return number_mean_square[2] / number_mean_square[0]; }
  // one_over_number: of the values with this one.
  __device__ void add(float value, float one_over_number) {
    float& mean = number_mean_square[1];
    const float distance = value - mean;
    number_mean_square[0] += 1;
    mean = fmaf(distance, one_over_number, mean);
    number_mean_square[2] = fmaf(distance, value - mean, number_mean_square[2]);
  }
  __device__ void merge(const Moments& other) {
    const float number = number_mean_square[0] + other[0];
    if (other[0] == 0) return;
    const float distance = other[1] - number_mean_square[1], share = other[0] / number;
    number_mean_square[1] = fmaf(distance, share, number_mean_square[1]);
    number_mean_square[2] += other[2] + distance * distance * number_mean_square[0] * share;
    number_mean_square[0] = number;
  }
  __device__ float& operator[](int k) { return number_mean_square[k]; }
  __device__ float operator[](int k) const { return number_mean_square[k]; }
};

// How (images, rows, channels) is cut; by sizes alone.
struct ChannelPartition {
  Index images, rows;
  int channels;
  int columns;  // threads side by side, a power of two from 4 to 32
  int groups;   // of columns * V channels
  Index chunks, rows_of_chunk;

  ChannelPartition(Index n, Index r, int c, int vector) : images(n), rows(r), channels(c) {
    const int vectors = static_cast<int>(divide_up(c, vector));
    columns = 4;
    while (columns < kWarp && columns < vectors) columns *= 2;
    groups = static_cast<int>(divide_up(vectors, columns));
    // Two blocks or so for each multiprocessor of a large card, but at least four rows a thread.
    constexpr Index kBlocks = 264, kRowsOfThread = 4;
    const Index most = divide_up(rows, kRowsOfThread * kThreads / columns);
    const Index wanted = divide_up(kBlocks, larger(1, images * groups));
    rows_of_chunk = divide_up(rows, larger(1, smaller(wanted, most)));
    chunks = larger(1, divide_up(rows, larger(1, rows_of_chunk)));
  }
  unsigned blocks() const { return static_cast<unsigned>(images * groups * chunks); }
};

// Merges what `slices` threads have for each of `width` channels (thread = slice * lanes + lane, a lane
// having K channels) through shared memory; thread t < width then has channel t's.
template <class Gathered, int K, int kShared>
__device__ Gathered merge_slices(SharedArray<float, kShared>& shared, const Gathered (&mine)[K], bool writes,
                                 int slice, int slices, int lane, int width) {
  if (writes)
#pragma unroll
    for (int k = 0; k < K; ++k) {
      Gathered part = mine[k];
#pragma unroll
      for (int f = 0; f < Gathered::kFloats; ++f)
        shared[(slice * Gathered::kFloats + f) * width + lane * K + k] = part[f];
    }
  __syncthreads();
  Gathered result;
  if (static_cast<int>(threadIdx.x) < width)
    for (int s = 0; s < slices; ++s) {
      Gathered part;
#pragma unroll
      for (int f = 0; f < Gathered::kFloats; ++f)
        part[f] = shared[(s * Gathered::kFloats + f) * width + static_cast<int>(threadIdx.x)];
      result.merge(part);
    }
  __syncthreads();
  return result;
}

// Op has
//   using Gathered = Sums<N> or Moments;
//   Loaded load<V>(image, row, channel)                    V channels of a row, from memory
//   void add(Gathered (&)[V], loaded, one_over_number)     number: of rows added so far, with this one
//   void finish(image, channel, Gathered)                  writes the result of a channel
template <int V, class Op>
__global__ void __launch_bounds__(kThreads)
    channel_reduction_kernel(Op op, ChannelPartition cut, Global<float> partial, Global<unsigned> counters) {
  using Gathered = typename Op::Gathered;
  constexpr int kInFlight = 4;  // rows whose loads are on their way together
  __shared__ SharedArray<float, kWarps * kWarp * V * Gathered::kFloats> shared;

  const Index chunk = blockIdx.x % cut.chunks,
              part = blockIdx.x / cut.chunks;  // part: image * groups + group
  const Index image = part / cut.groups;
  const int thread = static_cast<int>(threadIdx.x), width = cut.columns * V;
  const int first_channel = static_cast<int>(part % cut.groups) * width;
  const int column = thread % cut.columns, channel = first_channel + column * V;
  const int step = kThreads / cut.columns;
  const Index end = smaller(cut.rows, (chunk + 1) * cut.rows_of_chunk);

  Gathered gathered[V];
  float number = 0;
  if (channel < cut.channels)
    for (Index row = chunk * cut.rows_of_chunk + thread / cut.columns; row < end; row += kInFlight * step) {
      decltype(op.template load<V>(image, row, channel)) loaded[kInFlight] = {};
#pragma unroll
      for (int k = 0; k < kInFlight; ++k)
        if (row + k * step < end) loaded[k] = op.template load<V>(image, row + k * step, channel);
#pragma unroll
      for (int k = 0; k < kInFlight; ++k)
        if (row + k * step < end) op.add(gathered, loaded[k], 1 / (number += 1));
    }

  for (int offset = cut.columns; offset < kWarp; offset *= 2)
#pragma unroll
    for (int k = 0; k < V; ++k) {
      Gathered other;
#pragma unroll
      for (int f = 0; f < Gathered::kFloats; ++f)
        other[f] = __shfl_xor_sync(kAllLanes, gathered[k][f], offset);
      gathered[k].merge(other);
    }
  Gathered mine =
      merge_slices(shared, gathered, thread % kWarp < cut.columns, thread / kWarp, kWarps, column, width);
  const bool has_channel = thread < width && first_channel + thread < cut.channels;
  if (cut.chunks == 1) {
    if (has_channel) op.finish(image, first_channel + thread, mine);
    return;
  }

  const Global<float> parts = partial + part * cut.chunks * width * Gathered::kFloats;
  if (thread < width)
#pragma unroll
    for (int f = 0; f < Gathered::kFloats; ++f)
      parts.write((chunk * Gathered::kFloats + f) * width + thread, mine[f]);
  if (!is_last_block(counters + part, static_cast<unsigned>(cut.chunks))) return;

  // Four channels a thread, and as many chunks at once as the block has threads for.
  constexpr int K = 4;
  const int lanes = width / K, slices = kThreads / lanes, slice = thread / lanes, lane = thread % lanes;
  Gathered merged[K];
  for (Index c = slice; c < cut.chunks; c += kInFlight * slices) {
    Floats<K> loaded[kInFlight][Gathered::kFloats] = {};
#pragma unroll
    for (int k = 0; k < kInFlight; ++k)
      if (c + k * slices < cut.chunks)
#pragma unroll
        for (int f = 0; f < Gathered::kFloats; ++f)
          loaded[k][f] =
              parts.template load<K>(((c + k * slices) * Gathered::kFloats + f) * width + lane * K);
#pragma unroll
    for (int k = 0; k < kInFlight; ++k)
      if (c + k * slices < cut.chunks)
#pragma unroll
        for (int j = 0; j < K; ++j) {
          Gathered other;
#pragma unroll
          for (int f = 0; f < Gathered::kFloats; ++f) other[f] = loaded[k][f][j];
          merged[j].merge(other);
        }
  }
  // Lanes a channel's worth apart first, so that the slices fit where the warps' were.
  for (int offset = lanes; offset < kWarp; offset *= 2)
#pragma unroll
    for (int k = 0; k < K; ++k) {
      Gathered other;
#pragma unroll
      for (int f = 0; f < Gathered::kFloats; ++f) other[f] = __shfl_xor_sync(kAllLanes, merged[k][f], offset);
      merged[k].merge(other);
    }
  const bool spread = lanes < kWarp;
  const int groups = spread ? kWarps : slices;
  mine = merge_slices(shared, merged, !spread || thread % kWarp < lanes, spread ? thread / kWarp : slice,
                      groups, lane, width);
  if (has_channel) op.finish(image, first_channel + thread, mine);
}

// vector: channels that op can load at once, 1 or V.
template <int V, class Op>
void reduce_channels(const char* launcher, const Context& ctx, Index images, Index rows, int channels,
                     bool vectors, const Op& op) {
  using Gathered = typename Op::Gathered;
  if (images == 0 || channels == 0) return;
  const ChannelPartition cut(images, rows, channels, vectors ? V : 1);
  const std::size_t parts = static_cast<std::size_t>(images * cut.groups);
  const std::size_t floats =
      parts * static_cast<std::size_t>(cut.chunks * cut.columns) * (vectors ? V : 1) * Gathered::kFloats;
  launch(launcher, vectors ? channel_reduction_kernel<V, Op> : channel_reduction_kernel<1, Op>,
         {.grid = cut.blocks(), .threads = kThreads}, ctx, op, cut,
         cut.chunks > 1 ? ctx.workspace(floats) : nullptr, cut.chunks > 1 ? ctx.counters(parts) : nullptr);
}

}  // namespace
}  // namespace bauta::BAUTA_BACKEND
