// mosaic: a block of threads takes kTile elements of kBand rows. It copies what lies outside the box, 16
// bytes and kBand rows a thread. Of the rows of mosaic blocks that begin in its rows it takes as many whole
// mosaic blocks as have kTile columns, down to their last row: each thread adds up 16 bytes of every row, so
// that neighbours read neighbouring addresses; the columns' sums meet in shared memory; each thread writes
// means down its columns. What the box is only the card knows, so there are threads for every row, and many
// in the box have nothing to do. A mosaic block of more than kTile columns is taken alone, with threads over
// its pixels and channels.
//
// box_select: a thread takes two vectors of 16 bytes, and reads of each picture what it needs.
//
//   Floor, in bytes an element of storage s: 2s, x read once and y written once; in place the box alone.
//   box_select reads each element from one of its two pictures.
#include "kernels/mosaic.h"

#include "kernels/parallel_gpu.h"
#include "kernels/visible_box.h"

namespace bauta::BAUTA_BACKEND {

namespace {

// A block of threads has kBand rows, and of them kTile elements.
constexpr int kBand = 4, kTile = 512, kTileThreads = 128;

// Part of a row of mosaic blocks: count rows of pixels, length elements apart.
struct Rows {
  int count;
  Index length;
};

// Whole mosaic blocks side by side, of at most kTile columns in all. y and x point into their first row, at a
// multiple of V; of the columns from there, [begin, end) is seen, and the first block begins `origin` before
// them.
template <int V, class T>
__device__ void mosaic_tile(Global<T> y, Global<const T> x, Rows rows, int block, int channels, int origin,
                            int begin, int end) {
  __shared__ SharedArray<float, kTile> sums;
  __shared__ SharedArray<float, kTile> means;
  for_pieces<V>(begin, end, static_cast<int>(threadIdx.x), kTileThreads,
                [&]<int N>(std::integral_constant<int, N>, int column) {
                  Floats<N> sum{};
                  Global<const T> from = x + column;
#pragma unroll 4
                  for (int row = 0; row < rows.count; ++row, from = from + rows.length) {
                    const Floats<N> values = from.template load<N>(0);
#pragma unroll
                    for (int k = 0; k < N; ++k) sum[k] += values[k];
                  }
#pragma unroll
                  for (int k = 0; k < N; ++k) sums[origin + column + k] = sum[k];
                });
  __syncthreads();

  const int wide = block * channels, first = (origin + begin) / channels, last = (origin + end) / channels;
  for (int i = threadIdx.x; i < (last + block - 1) / block * channels; i += kTileThreads) {
    const int pixel = i / channels * block, channel = i % channels;
    const int from = pixel > first ? pixel : first, to = pixel + block < last ? pixel + block : last;
    double sum = 0;
    for (int p = from; p < to; ++p) sum += static_cast<double>(sums[p * channels + channel]);
    means[i] = static_cast<float>(sum) / static_cast<float>(rows.count * (to - from));
  }
  __syncthreads();

  for_pieces<V>(begin, end, static_cast<int>(threadIdx.x), kTileThreads,
                [&]<int N>(std::integral_constant<int, N>, int column) {
                  Floats<N> mean;
#pragma unroll
                  for (int k = 0; k < N; ++k) {
                    const int at = origin + column + k;
                    mean[k] = means[at / wide * channels + at % channels];
                  }
                  Global<T> to = y + column;
                  for (int row = 0; row < rows.count; ++row, to = to + rows.length) to.store(0, mean);
                });
  // No barrier: the next tile's sums may be written, since nobody reads these once the means are made.
}

// One mosaic block of any size, of which y and x point to the first pixel and `pixels` of each row are seen.
// Threads lie over pixels and channels, of which there may be too many for one round.
template <class T>
__device__ void mosaic_block(Global<T> y, Global<const T> x, Rows rows, int channels, int pixels) {
  __shared__ SharedArray<double, kTileThreads> sums;
  __shared__ SharedArray<float, kTileThreads> means;
  const int thread = static_cast<int>(threadIdx.x), rounds = (channels - 1) / kTileThreads + 1;
  const int across = (channels - 1) / rounds + 1, along = kTileThreads / across;
  const int lane = thread % across, pixel = thread / across;
  for (int round = 0; round < rounds; ++round) {
    const int channel = round * across + lane;
    const auto for_pixels = [&](const auto& f) {
      if (pixel >= along || channel >= channels) return;
      for (int row = 0; row < rows.count; ++row)
        for (int p = pixel; p < pixels; p += along) f(row * rows.length + Index{p} * channels + channel);
    };
    double sum = 0;
    for_pixels([&](Index i) { sum += static_cast<double>(to_float(x.read(i))); });
    sums[thread] = sum;
    __syncthreads();
    if (pixel == 0) {
      for (int p = 1; p < along; ++p) sum += sums[p * across + lane];
      means[lane] = static_cast<float>(sum) / static_cast<float>(Index{rows.count} * pixels);
    }
    __syncthreads();
    for_pixels([&](Index i) { y.template store<1>(i, {means[lane]}); });
  }
}

// Copies columns [begin, end) of the rows that are set in the mask.
template <int V, class T>
__device__ void copy_rows(Global<T> y, Global<const T> x, Index length, unsigned rows, int begin, int end) {
  for_pieces<V>(begin, end, static_cast<int>(threadIdx.x), kTileThreads,
                [&]<int N>(std::integral_constant<int, N>, int column) {
                  Vec<T, N> values[kBand] = {};
#pragma unroll
                  for (int r = 0; r < kBand; ++r)
                    if (rows >> r & 1) values[r] = x.template read_packed<N>(r * length + column);
#pragma unroll
                  for (int r = 0; r < kBand; ++r)
                    if (rows >> r & 1) y.template write_packed<N>(r * length + column, values[r]);
                });
}

// 4 blocks on a multiprocessor, 40 KiB in flight, are enough; for more the compiler would spill registers.
template <int V, class T>
__global__ void __launch_bounds__(kTileThreads, 4)
    mosaic_kernel(Global<T> y, Global<const T> x, const MosaicBox* boxes, Shape s, unsigned tiles,
                  bool copy) {
  const unsigned tile = blockIdx.x % tiles, band = blockIdx.x / tiles;
  const unsigned bands = static_cast<unsigned>((s.h - 1) / kBand + 1), n = band / bands;
  const int h = static_cast<int>(band - n * bands) * kBand, end = h + kBand < s.h ? h + kBand : s.h;
  const Index length = Index{s.w} * s.c, image = Index{n} * s.h * length;
  const MosaicBox box = read_by_warp(boxes + n);
  const VisibleBox visible(box, s);

  if (copy) {
    unsigned all = 0, beside = 0;  // the rows there are, those of them that the box does not meet
#pragma unroll
    for (int r = 0; r < kBand; ++r) {
      if (h + r < end) all |= 1u << r;
      if (h + r < end && !visible.has_row(h + r)) beside |= 1u << r;
    }
    const Index first = image + h * length + Index{tile} * kTile,
                left = Index{visible.left} * s.c - Index{tile} * kTile,
                right = Index{visible.right} * s.c - Index{tile} * kTile;
    const auto in_tile = [limit = smaller(length - Index{tile} * kTile, kTile)](Index column) {
      return static_cast<int>(smaller(larger(column, 0), limit));
    };
    copy_rows<V>(y + first, x + first, length, all, 0, in_tile(left));
    copy_rows<V>(y + first, x + first, length, beside, in_tile(left), in_tile(right));
    copy_rows<V>(y + first, x + first, length, all, in_tile(right), in_tile(length));
  }
  if (visible.left >= visible.right) return;

  // What is seen is less than 2^32 pixels from the box's corner: unsigned numbers hold the distance.
  const auto corner_x = static_cast<unsigned>(box.x), corner_y = static_cast<unsigned>(box.y);
  const unsigned block = box.block > 1 ? static_cast<unsigned>(box.block) : 1;
  const bool narrow = Index{block} * s.c <= kTile;
  const unsigned in_tile = narrow ? kTile / (block * s.c) : 1;  // mosaic blocks
  const auto columns = [&](int pixel) { return (static_cast<unsigned>(pixel) - corner_x) / block; };
  const unsigned first = columns(visible.left) + tile * in_tile, last = columns(visible.right - 1);
  for (int row = h > visible.top ? h : visible.top; row < end && row < visible.bottom;) {
    const unsigned in_block = (static_cast<unsigned>(row) - corner_y) % block;
    const int next = static_cast<int>(smaller(Index{row} - in_block + block, visible.bottom));
    const Rows rows{next - row, length};
    // A row of blocks that began above the band is another's.
    for (unsigned i = in_block == 0 || row == visible.top ? first : last + 1; i <= last;
         i += tiles * in_tile) {
      const Index start = box.x + Index{i} * block;
      const int left = static_cast<int>(larger(start, visible.left));
      const int right = static_cast<int>(smaller(start + in_tile * block, visible.right));
      const Index column = Index{left} * s.c / V * V, at = image + row * length;
      if (narrow)
        mosaic_tile<V>(y + at + column, x + at + column, rows, static_cast<int>(block), s.c,
                       static_cast<int>(column - start * s.c), static_cast<int>(Index{left} * s.c - column),
                       static_cast<int>(Index{right} * s.c - column));
      else
        mosaic_block(y + at + Index{left} * s.c, x + at + Index{left} * s.c, rows, s.c, right - left);
    }
    row = next;
  }
}

constexpr int kVectors = 2;

template <int V, class T>
__global__ void __launch_bounds__(kThreads)
    box_select_kernel(Global<T> y, Global<const T> inside, Global<const T> outside, const MosaicBox* boxes,
                      Shape s, Index parts) {
  const Index n = blockIdx.x / parts, row = Index{s.w} * s.c, size = row * s.h;
  const VisibleBox visible(read_by_warp(boxes + n), s);
  const Index left = Index{visible.left} * s.c, right = Index{visible.right} * s.c;
  const Index first = (blockIdx.x % parts) * (kVectors * kThreads * V) + threadIdx.x * V;
  Vec<T, V> result[kVectors];
#pragma unroll
  for (int j = 0; j < kVectors; ++j) {
    const Index i = first + j * kThreads * V;
    if (i >= size) continue;
    bool selected[V], any = false, all = true;
    Index h = i / row, column = i - h * row;
#pragma unroll
    for (int k = 0; k < V; ++k) {
      selected[k] = visible.has_row(h) && column >= left && column < right;
      any = any || selected[k];
      all = all && selected[k];
      if (++column == row) column = 0, ++h;
    }
    Vec<T, V> in{}, out{};
    if (any && inside) in = inside.template read_packed<V>(n * size + i);
    if (!all && outside) out = outside.template read_packed<V>(n * size + i);
#pragma unroll
    for (int k = 0; k < V; ++k) result[j][k] = selected[k] ? in[k] : out[k];
  }
#pragma unroll
  for (int j = 0; j < kVectors; ++j)
    if (const Index i = first + j * kThreads * V; i < size)
      y.template write_packed<V>(n * size + i, result[j]);
}

}  // namespace

void mosaic(View y, ConstView x, std::span<const MosaicBox> boxes, const Context& ctx) {
  const Shape s = x.shape;
  BAUTA_CHECK(y.shape == s, "y is ", y.shape, ", x is ", s);
  BAUTA_CHECK(y.dtype == x.dtype, "y is ", y.dtype, ", x is ", x.dtype);
  BAUTA_CHECK(static_cast<Index>(boxes.size()) == s.n, "there are ", boxes.size(), " boxes, x is ", s);
  const Index length = Index{s.w} * s.c, tiles = divide_up(length, kTile);
  with_storage(x.dtype, [&](auto* null) {
    using T = std::remove_pointer_t<decltype(null)>;
    const auto run = [&]<int V>(std::integral_constant<int, V>) {
      launch("mosaic", mosaic_kernel<V, T>,
             {.grid = static_cast<unsigned>(s.n * divide_up(s.h, kBand) * tiles), .threads = kTileThreads},
             ctx, global<T>(y), global<T>(x), boxes.data(), s, static_cast<unsigned>(tiles),
             y.data != x.data);
    };
    if (aligned(16, x.data) && aligned(16, y.data) && length % kWidest<T> == 0)
      run(std::integral_constant<int, kWidest<T>>());
    else
      run(std::integral_constant<int, 1>());
  });
}

void box_select(View y, ConstView inside, ConstView outside, std::span<const MosaicBox> boxes,
                const Context& ctx) {
  const Shape s = y.shape;
  for (const ConstView& from : {inside, outside})
    BAUTA_CHECK(!from.data || (from.shape == s && from.dtype == y.dtype), "inside is ", inside.shape, ", ",
                inside.dtype, "; outside is ", outside.shape, ", ", outside.dtype, "; y is ", s, ", ",
                y.dtype);
  BAUTA_CHECK(static_cast<Index>(boxes.size()) == s.n, "there are ", boxes.size(), " boxes, y is ", s);
  const Index size = Index{s.h} * s.w * s.c;
  with_storage(y.dtype, [&](auto* null) {
    using T = std::remove_pointer_t<decltype(null)>;
    const auto run = [&]<int V>(std::integral_constant<int, V>) {
      const Index parts = divide_up(size, kVectors * kThreads * V);
      launch("box_select", box_select_kernel<V, T>,
             {.grid = static_cast<unsigned>(s.n * parts), .threads = kThreads}, ctx, global<T>(y),
             global<T>(inside), global<T>(outside), boxes.data(), s, parts);
    };
    if (aligned(16, y.data) && aligned(16, inside.data) && aligned(16, outside.data) &&
        size % kWidest<T> == 0)
      run(std::integral_constant<int, kWidest<T>>());
    else
      run(std::integral_constant<int, 1>());
  });
}

}  // namespace bauta::BAUTA_BACKEND
