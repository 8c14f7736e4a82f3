// Tiles of pictures in shared memory, for what slides a window over them (pooling.cu,
// depthwise_convolution.cu): how a launch is cut into them, who works where in them.
#pragma once

#include "kernels/parallel_gpu.h"
#include "kernels/pooling_window.h"

namespace bauta::BAUTA_BACKEND {
namespace {

constexpr int kTileLanes = 2, kPixelLanes = 32;  // vectors, or single channels, of a pixel to a block
constexpr int kTallest = 48;                     // pixels of a tile's side, at most
constexpr Index kSharedBytes = 47 * 1024;        // the rest is for spans of windows

// ---- V numbers as they lie in memory

template <class T, int V>
using Words = std::conditional_t<V == 1, T, Vec<unsigned, 4>>;

template <class T, int V>
__device__ Floats<V> unpack(const Words<T, V>& words) {
  Floats<V> result;
  if constexpr (V == 1) {
    result[0] = to_float(words);
  } else {
#pragma unroll
    for (int k = 0; k < V; ++k)
      if constexpr (sizeof(T) == 4)
        result[k] = __uint_as_float(words[k]);
      else
        result[k] = __uint_as_float(k % 2 == 0 ? words[k / 2] << 16 : words[k / 2] & 0xffff0000u);
  }
  return result;
}

template <class T, int V>
Global<const Words<T, V>> words(ConstView view) {
  return Global<const Words<T, V>>(static_cast<const Words<T, V>*>(view.data));
}

// ---- Tiles

struct Region {
  int top = 0, left = 0, height = 0, width = 0;
};

// How a launch is cut.
struct Tiling {
  Shape large, small;          // the picture under the windows, and that with a pixel a window
  PoolWindow down, across;     // along its rows' and its columns' positions
  int vectors = 0, lanes = 0;  // of a pixel, and those of them that a block takes
  int height = 0, width = 0;   // of a tile, in pixels of the output
  int rows = 0, columns = 0;   // of tiles
  bool staged = false;
  std::size_t shared_bytes = 0;

  unsigned chunks() const { return static_cast<unsigned>(divide_up(vectors, lanes)); }
  Blocks blocks() const {
    return {.grid = static_cast<unsigned>(Index{large.n} * rows * columns) * chunks(),
            .threads = kThreads,
            .shared_bytes = shared_bytes};
  }

  // output: large or small; bytes_of_lane(height, width): what a tile of those needs of shared memory for a
  // lane; taken: what the kernel has there beside.
  template <class Bytes>
  void plan(const Shape& output, int vector, const Bytes& bytes_of_lane, Index taken = 0) {
    vectors = large.c / vector;
    lanes = static_cast<int>(smaller(vector > 1 ? kTileLanes : kPixelLanes, vectors));
    const auto cut = [&](int side) {
      rows = static_cast<int>(divide_up(output.h, side));
      columns = static_cast<int>(divide_up(output.w, side));
      height = static_cast<int>(divide_up(output.h, rows));
      width = static_cast<int>(divide_up(output.w, columns));
      const Index bytes = bytes_of_lane(height, width) * lanes;
      staged = bytes <= kSharedBytes - taken;
      shared_bytes = staged ? static_cast<std::size_t>(bytes) : 0;
      return staged;
    };
    int side = kTallest;
    while (!cut(side))
      if (side > 1)
        side = side * 7 / 8;
      else if (lanes > 1)
        lanes = lanes / 2;
      else
        break;
    if (!staged) side = 8;
    // A block for each of an H100's multiprocessors is worth more than a few borders.
    cut(side);
    while (side > 8 && Index{large.n} * rows * columns * chunks() < 132) {
      side = side > 10 ? side * 3 / 4 : 8;
      cut(side);
    }
  }
};

// A block's part of it.
struct TileBlock {
  Index picture;
  int first_vector, lanes;  // there may be fewer in the last
  Region tile;              // of the output

  __device__ TileBlock(const Tiling& t, const Shape& output) {
    const unsigned chunks = static_cast<unsigned>((t.vectors + t.lanes - 1) / t.lanes);
    unsigned block = blockIdx.x;
    first_vector = static_cast<int>(block % chunks) * t.lanes;
    lanes = static_cast<int>(smaller(t.lanes, t.vectors - first_vector));
    block /= chunks;
    tile.left = static_cast<int>(block % static_cast<unsigned>(t.columns)) * t.width;
    block /= static_cast<unsigned>(t.columns);
    tile.top = static_cast<int>(block % static_cast<unsigned>(t.rows)) * t.height;
    picture = block / static_cast<unsigned>(t.rows);
    tile.height = static_cast<int>(smaller(t.height, output.h - tile.top));
    tile.width = static_cast<int>(smaller(t.width, output.w - tile.left));
  }
  // Of a picture of this shape: where the vector of its first pixel is.
  __device__ Index origin(const Tiling& t, const Shape& s) const {
    return picture * s.h * s.w * t.vectors + first_vector;
  }
};

// A thread's pixels of a region, each with the same lane: h and w count from the region's corner.
struct Walk {
  int lane, h, w;
  int height, width, step_h, step_w;

  // Each of `step` threads takes one pixel of as many.
  __device__ Walk(const Region& region, int its_lane, int pixel, int step)
      : lane(its_lane), height(region.width > 0 ? region.height : 0), width(region.width) {
    const int across = width > 0 ? width : 1;
    h = pixel < step ? pixel / across : height;
    w = pixel % across;
    step_h = step / across;
    step_w = step % across;
  }
  __device__ Walk(const Region& region, int lanes)
      : Walk(region, static_cast<int>(threadIdx.x) % lanes, static_cast<int>(threadIdx.x) / lanes,
             kThreads / lanes) {}
  __device__ bool inside() const { return h < height; }
  __device__ void next() {
    h += step_h;
    w += step_w;
    const bool wraps = w >= width;
    w -= wraps ? width : 0;
    h += wraps ? 1 : 0;
  }
};

// A region of a picture in shared memory; or the picture itself where that does not fit.
template <class Word>
struct Source {
  Global<const Word> picture;  // from the block's first vector on
  int width, vectors;          // of the picture; of a pixel
  Region region;
  int lanes;
  Word* staged;

  __device__ Index at(int h, int w, int lane) const { return (Index{h} * width + w) * vectors + lane; }
  // The number of a pixel in the region, row by row. A window, the padding aside, has fewer than 2^32.
  __device__ unsigned place(int h, int w) const {
    return static_cast<unsigned>(h - region.top) * static_cast<unsigned>(region.width) +
           static_cast<unsigned>(w - region.left);
  }
  __device__ Word read(int h, int w, int lane) const {
    return staged ? staged[((h - region.top) * region.width + w - region.left) * lanes + lane]
                  : picture.read(at(h, w, lane));
  }
  // Several vectors are on their way at a time, without branches between them: those that there are not are
  // read from the corner and left.
  __device__ void stage() const {
    constexpr int kBatch = 4;
    for (Walk walk(region, lanes); walk.inside();) {
      Word word[kBatch];
      int to[kBatch];
#pragma unroll
      for (int k = 0; k < kBatch; ++k) {
        const bool inside = walk.inside();
        to[k] = inside ? (walk.h * region.width + walk.w) * lanes + walk.lane : -1;
        word[k] = picture.read(
            at(region.top + (inside ? walk.h : 0), region.left + (inside ? walk.w : 0), walk.lane));
        walk.next();
      }
#pragma unroll
      for (int k = 0; k < kBatch; ++k)
        if (to[k] >= 0) staged[to[k]] = word[k];
    }
  }
};

// The region of the large picture under a region of windows.
__device__ inline Region under(const Region& windows, const Tiling& t) {
  if (windows.height <= 0 || windows.width <= 0) return {};
  const Span<int> top = covered(windows.top, t.large.h, t.down);
  const Span<int> bottom = covered(windows.top + windows.height - 1, t.large.h, t.down);
  const Span<int> left = covered(windows.left, t.large.w, t.across);
  const Span<int> right = covered(windows.left + windows.width - 1, t.large.w, t.across);
  const int height = bottom.end - top.begin, width = right.end - left.begin;
  return {top.begin, left.begin, height > 0 ? height : 0, width > 0 ? width : 0};
}

// For each row and column of a tile of the large picture, which windows cover it; by all threads.
struct Coverage {
  SharedArray<Span<int>, kTallest>&rows, &columns;

  __device__ void find(const Region& tile, const Tiling& t) const {
    const int thread = static_cast<int>(threadIdx.x), i = thread % kTallest;
    if (thread < kTallest && i < tile.height) rows[i] = covering(tile.top + i, t.small.h, t.down);
    if (thread >= kTallest && thread < 2 * kTallest && i < tile.width)
      columns[i] = covering(tile.left + i, t.small.w, t.across);
    __syncthreads();
  }
  // The windows that cover any of them.
  __device__ Region windows(const Region& tile) const {
    const int top = rows[0].begin, left = columns[0].begin;
    const int height = rows[tile.height - 1].end - top, width = columns[tile.width - 1].end - left;
    return {top, left, height > 0 ? height : 0, width > 0 ? width : 0};
  }
};

// ---- Launches

// Pixels under so many windows in a row, and windows over so many pixels: at most.
inline Index pixels_under(Index windows, Index size, const PoolWindow& window) {
  return smaller(size, (windows - 1) * window.stride + window.size);
}
inline Index windows_over(Index pixels, Index windows, const PoolWindow& window) {
  return smaller(windows, (pixels + window.size - 2) / window.stride + 1);
}

// f(null pointer of the storage type, vector) with vector elements at a time, if all of these allow it.
template <class Function, class First, class... Views>
void in_vectors(int channels, const Function& f, const First& first, const Views&... others) {
  with_storage(first.dtype, [&](auto* null) {
    constexpr int V = kWidest<std::remove_pointer_t<decltype(null)>>;
    if (channels % V == 0 && (aligned(16, first.data) && ... && aligned(16, others.data)))
      f(null, std::integral_constant<int, V>());
    else
      f(null, std::integral_constant<int, 1>());
  });
}

}  // namespace
}  // namespace bauta::BAUTA_BACKEND
