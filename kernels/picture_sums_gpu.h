// Sums over the pixels of each picture and channel, whose order never changes: what instance norms need on
// the card. Included by *.cu only.
//
// A block has some pixels of 32 channels; a pixel's 16-byte vectors lie beside each other in a warp, so that
// it moves whole sectors. Each thread sums its pixels in registers, the block its threads' sums in shared
// memory, and the last block of a picture and channel group to finish sums the blocks': one launch.
#pragma once

#include <initializer_list>

#include "kernels/parallel_gpu.h"

namespace bauta::BAUTA_BACKEND {
namespace {

constexpr int kGroup = 32;  // channels of a block, at most: one for each thread of a warp
constexpr int kSumThreads = 512;
constexpr int kSumWarps = kSumThreads / kWarp;

// How a batch is cut into blocks; V channels move at once.
struct Cut {
  Index pixels;  // of a picture
  int channels;
  int lanes, rows;  // of a block's threads: vectors of a pixel, and pixels at a time
  int groups;       // of channels
  int chunk;        // pixels of a block
  int chunks;

  // least, most: pixels of a thread; blocks: to aim at between the two.
  Cut(const Shape& s, int vector, int threads, int least, int most, Index blocks)
      : pixels(Index{s.h} * s.w), channels(s.c) {
    const int vectors = channels / vector;
    groups = static_cast<int>(divide_up(vectors, kGroup / vector));
    lanes = static_cast<int>(larger(1, divide_up(vectors, larger(1, groups))));
    rows = threads / lanes;
    if (rows > 16) rows -= rows % 16;  // so that each step of a block is a whole number of sectors
    const Index wanted = larger(1, blocks / larger(1, Index{s.n} * groups));
    const Index steps = divide_up(divide_up(pixels, wanted), rows);
    chunk = static_cast<int>(larger(least, smaller(most, steps))) * rows;
    chunks = static_cast<int>(divide_up(pixels, chunk));
  }
  // One block of 512 threads on each multiprocessor of an H100, or more when a thread would sum more than 32
  // pixels: few, so that little is left to do for the last block.
  static Cut for_sums(const Shape& s, int vector) { return {s, vector, kSumThreads, 1, 32, 132}; }
  // A thread has kMapped pixels, all on their way at once.
  static constexpr int kMapped = 4;
  static Cut for_map(const Shape& s, int vector) { return {s, vector, kThreads, kMapped, kMapped, 1}; }

  Blocks blocks(const Shape& s, int threads) const {
    return {.grid = dim3(static_cast<unsigned>(Index{s.n} * chunks * groups)),
            .threads = dim3(static_cast<unsigned>(threads))};
  }
  // Of the workspace, for the blocks' sums.
  std::size_t partials(const Shape& s) const {
    return 2 * static_cast<std::size_t>(s.n) * static_cast<std::size_t>(chunks) *
           static_cast<std::size_t>(s.c);
  }
  std::size_t counters(const Shape& s) const {
    return static_cast<std::size_t>(s.n) * static_cast<std::size_t>(groups);
  }
};

// Where a thread works. Channel groups are innermost, so that blocks at work at a time read neighbours.
struct Place {
  int n, group, index;  // index: of the chunk
  int first, width;     // channels of the group
  int row, lane;
  Index begin;     // the chunk's first pixel
  int size;        // its pixels
  int each, rest;  // of them, those of every row of threads; the first `rest` rows have one more
  int pixels;      // of them, this thread's

  template <int V>
  static __device__ Place of(const Cut& cut, unsigned block) {
    Place at;
    const auto groups = static_cast<unsigned>(cut.groups), chunks = static_cast<unsigned>(cut.chunks);
    at.group = static_cast<int>(block % groups);
    at.index = static_cast<int>(block / groups % chunks);
    at.n = static_cast<int>(block / groups / chunks);
    at.first = at.group * cut.lanes * V;
    at.width = static_cast<int>(smaller(cut.lanes * V, cut.channels - at.first));
    const auto lanes = static_cast<unsigned>(cut.lanes);
    at.row = static_cast<int>(threadIdx.x / lanes);
    at.lane = static_cast<int>(threadIdx.x % lanes);
    at.begin = Index{at.index} * cut.chunk;
    at.size = static_cast<int>(smaller(cut.chunk, cut.pixels - at.begin));
    at.each = at.size / cut.rows, at.rest = at.size % cut.rows;
    at.pixels = at.row < cut.rows && at.lane * V < at.width ? at.pixels_of(at.row) : 0;
    return at;
  }
  __device__ int pixels_of(int some_row) const { return each + (some_row < rest ? 1 : 0); }
  // Where the group's first channel is in a tensor (N,1,1,C).
  __device__ Index group_channel(const Cut& cut) const { return Index{n} * cut.channels + first; }
  // Where the thread's first pixel is in a tensor of the batch's shape; the next are rows * channels apart.
  template <int V>
  __device__ Index element(const Cut& cut) const {
    return (n * cut.pixels + begin + row) * cut.channels + first + lane * V;
  }
};

// What a block needs of N tensors (N,1,1,C): its group's channels, read once. Four beside each other, so that
// a thread takes them at once.
template <int N>
using OfChannels = SharedArray<Vec<float, 4>, N * kGroup / 4>;

// Called by all threads of a block, of at least N warps.
template <int N, class... Parameters>
__device__ void share(OfChannels<N>& shared, const Cut& cut, const Place& at,
                      const Parameters&... parameters) {
  static_assert(sizeof...(parameters) == N);
  const int c = static_cast<int>(threadIdx.x) % kWarp, warp = static_cast<int>(threadIdx.x) / kWarp;
  const Index channel = at.group_channel(cut) + c;
  int i = 0;
  const auto share_one = [&](const Global<const float>& parameter) {
    if (warp == i && c < at.width) shared[(i * kGroup + c) / 4][c % 4] = parameter.read(channel);
    ++i;
  };
  (share_one(parameters), ...);
  __syncthreads();
}
// The i-th parameter of a thread's channels.
template <int V, int N>
__device__ Floats<V> shared_floats(OfChannels<N>& shared, int i, const Place& at) {
  const int c = i * kGroup + at.lane * V;
  Floats<V> result;
  if constexpr (V == 1)
    result[0] = shared[c / 4][c % 4];
  else
#pragma unroll
    for (int j = 0; j < V; j += 4) {
      const Vec<float, 4> four = shared[c / 4 + j / 4];
#pragma unroll
      for (int k = 0; k < 4; ++k) result[j + k] = four[k];
    }
  return result;
}

// ---- what is summed; trivial, as shared memory asks

// Mean and squared distances from it (Chan, Golub, LeVeque 1983).
struct Moments {
  float count, mean, square;

  __device__ void add(const Moments& other) {
    if (other.count == 0) return;
    const float all = count + other.count, share = __fdividef(other.count, all), apart = other.mean - mean;
    mean += apart * share;
    square += other.square + apart * apart * count * share;
    count = all;
  }
};
struct Sums {
  float count, a, b;

  __device__ void add(const Sums& other) { a += other.a, b += other.b; }
};

// The sum of part(0), part(1), ... in an order that depends on `parts` alone: thread c of the first warp gets
// that of its channel. Called by all threads of the block.
template <class Sum, class Part>
__device__ Sum sum_in_order(int width, int parts, const Part& part) {
  __shared__ SharedArray<Sum, kSumThreads> of_warp;
  const int c = static_cast<int>(threadIdx.x) % kWarp, warp = static_cast<int>(threadIdx.x) / kWarp;
  Sum sum{};
  if (c < width)
#pragma unroll 4
    for (int k = warp; k < parts; k += kSumWarps) sum.add(part(k, c));
  of_warp[static_cast<int>(threadIdx.x)] = sum;
  __syncthreads();
  if (warp == 0)
#pragma unroll
    for (int w = 1; w < kSumWarps; ++w) sum.add(of_warp[w * kWarp + c]);
  return sum;
}

// The block's sum, from what each thread found for its V channels.
template <class Sum, int V>
__device__ Sum sum_of_block(const Cut& cut, const Place& at, const Floats<V>& a, const Floats<V>& b) {
  // A thread's k-th channels side by side, and the k-th row shifted: no two threads meet in a bank.
  constexpr int kPitch = kSumThreads + kGroup / V;
  __shared__ SharedArray<float, V * kPitch> as, bs;
  const int mine = static_cast<int>(threadIdx.x);
  if (at.row < cut.rows)
#pragma unroll
    for (int k = 0; k < V; ++k) as[k * kPitch + mine] = a[k], bs[k * kPitch + mine] = b[k];
  __syncthreads();
  const int rows = static_cast<int>(smaller(cut.rows, at.size));
  return sum_in_order<Sum>(at.width, rows, [&](int row, int c) {
    const int from = c % V * kPitch + row * cut.lanes + c / V;
    return Sum{static_cast<float>(at.pixels_of(row)), as[from], bs[from]};
  });
}

// Whether this is the block that has the picture's sum: then `sum`, the block's, becomes it, in thread c of
// the first warp for its channel.
template <class Sum>
__device__ bool sum_of_picture(const Cut& cut, const Place& at, Sum& sum, Global<float> partials,
                               Global<unsigned> counters) {
  if (cut.chunks == 1) return true;
  // Two lines of channels a chunk.
  const Index channels = cut.channels;
  const Global<float> picture = partials + 2 * Index{at.n} * cut.chunks * channels + at.first;
  if (const int c = static_cast<int>(threadIdx.x); c < at.width) {
    const auto [count, a, b] = sum;
    picture.write(2 * at.index * channels + c, a);
    picture.write((2 * at.index + 1) * channels + c, b);
  }
  if (!is_last_block(counters + (Index{at.n} * cut.groups + at.group), static_cast<unsigned>(cut.chunks)))
    return false;
  sum = sum_in_order<Sum>(at.width, cut.chunks, [&](int k, int c) {
    const Index size = smaller(cut.chunk, cut.pixels - Index{k} * cut.chunk);
    return Sum{static_cast<float>(size), picture.read(2 * k * channels + c),
               picture.read((2 * k + 1) * channels + c)};
  });
  return true;
}

// ---- mean and variance

// Each channel's, handed to finish(i, shift, center, variance): i counts channels and pictures, the mean is
// shift + center, and shift is the picture's first pixel: a difference of neighbours is exact however large
// their common mean is. A thread sums x - its own first pixel, and the square of that. As it is one of the
// numbers, what cancels is at most about as many roundings as the thread has pixels.
template <int V, class T, class Finish>
__global__ void __launch_bounds__(kSumThreads, 1)
    moments_kernel(Global<const T> x, Cut cut, Global<float> partials, Global<unsigned> counters,
                   Finish finish) {
  constexpr int kAtOnce = 4;
  __shared__ SharedArray<float, kGroup> block_shift;  // the block's first pixel
  const Place at = Place::of<V>(cut, blockIdx.x);
  const Index step = Index{cut.rows} * cut.channels;
  Floats<V> shift{}, sum{}, square{};
  Index from = at.element<V>(cut);
  for (int done = 0; done < at.pixels; done += kAtOnce, from += kAtOnce * step) {
    Floats<V> value[kAtOnce]{};
#pragma unroll
    for (int k = 0; k < kAtOnce; ++k)
      if (done + k < at.pixels) value[k] = x.template load<V>(from + k * step);
    if (done == 0) shift = value[0];
#pragma unroll
    for (int k = 0; k < kAtOnce; ++k)
      if (done + k < at.pixels)
#pragma unroll
        for (int j = 0; j < V; ++j) {
          const float apart = value[k][j] - shift[j];
          sum[j] += apart;
          square[j] = fmaf(apart, apart, square[j]);
        }
  }
  if (at.row == 0 && at.pixels > 0)
#pragma unroll
    for (int j = 0; j < V; ++j) block_shift[at.lane * V + j] = shift[j];
  __syncthreads();
  if (at.pixels > 0)
#pragma unroll
    for (int j = 0; j < V; ++j) {
      const float mean = sum[j] / static_cast<float>(at.pixels);
      square[j] = fmaxf(square[j] - sum[j] * mean, 0);
      sum[j] = (shift[j] - block_shift[at.lane * V + j]) + mean;
    }
  Moments total = sum_of_block<Moments>(cut, at, sum, square);
  const int c = static_cast<int>(threadIdx.x);
  float first = 0;
  if (c < at.width) {
    first = x.template load<1>(at.n * cut.pixels * cut.channels + at.first + c)[0];
    total.mean += block_shift[c] - first;
  }
  if (!sum_of_picture(cut, at, total, partials, counters) || c >= at.width) return;
  finish(at.group_channel(cut) + c, first, total.mean, total.square / static_cast<float>(cut.pixels));
}

template <int V, class T, class Finish>
void launch_moments(const char* launcher, ConstView x, const Cut& cut, float* partials, const Finish& finish,
                    const Context& ctx) {
  launch(launcher, moments_kernel<V, T, Finish>, cut.blocks(x.shape, kSumThreads), ctx, global<T>(x), cut,
         partials, ctx.counters(cut.counters(x.shape)), finish);
}

// Calls f.operator()<V, T>(): T what is stored as `type`, V the elements that move at once, so that a pixel's
// channels are whole vectors and every pointer may be accessed so.
template <class Function>
void with_vectors(DType type, int channels, std::initializer_list<const void*> pointers, const Function& f) {
  with_storage(type, [&](auto* null) {
    using T = std::remove_pointer_t<decltype(null)>;
    bool whole = channels % kWidest<T> == 0;
    for (const void* pointer : pointers) whole = whole && aligned(16, pointer);
    if (whole)
      f.template operator()<kWidest<T>, T>();
    else
      f.template operator()<1, T>();
  });
}

}  // namespace
}  // namespace bauta::BAUTA_BACKEND
