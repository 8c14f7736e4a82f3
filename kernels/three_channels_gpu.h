// What the kernels of convolution_three_channels.h share: how they read weights, and their template
// arguments. Included by *.cu only.
#pragma once

#include <utility>

#include "kernels/convolution_three_channels.h"

namespace bauta::BAUTA_BACKEND {
namespace {

constexpr int kNarrow = 3;  // channels

// Calls put(i, vector) for `count` vectors of 16 bytes of the weights, number i at element at(i), by all
// threads of a block; kBatch of each are on their way together.
template <int kBatch, class T, class At, class Put>
__device__ void each_weight_vector(Global<const T> w, int count, const At& at, const Put& put) {
  const int thread = static_cast<int>(threadIdx.x), threads = static_cast<int>(blockDim.x);
  for (int begin = thread; begin < count; begin += kBatch * threads) {
    Vec<T, kWidest<T>> vector[kBatch];
#pragma unroll
    for (int b = 0; b < kBatch; ++b)
      if (const int i = begin + b * threads; i < count) vector[b] = w.template read_packed<kWidest<T>>(at(i));
#pragma unroll
    for (int b = 0; b < kBatch; ++b)
      if (const int i = begin + b * threads; i < count) put(i, vector[b]);
  }
}

constexpr int kTileWidth = 32;

// Tiles of a batch of pictures, row by row.
struct TileGrid {
  int across, down, height, count;

  TileGrid(const Shape& picture, int rows)
      : across(static_cast<int>(divide_up(picture.w, kTileWidth))),
        down(static_cast<int>(divide_up(picture.h, rows))),
        height(rows),
        count(picture.n * down * across) {}
  // Blocks that share them evenly, at most so many.
  unsigned blocks(Index most) const {
    return static_cast<unsigned>(count == 0 ? 0 : divide_up(count, divide_up(count, most)));
  }
};

struct Tile {
  int n, row, column;  // picture, first pixel

  __device__ Tile(const TileGrid& grid, int i)
      : n(i / grid.across / grid.down),
        row(i / grid.across % grid.down * grid.height),
        column(i % grid.across * kTileWidth) {}
};

// What a thread carries of a tile with its halo from memory to its block: a warp takes whole lines of numbers
// and neighbouring lanes neighbours. Outside of the picture, and up to kLine numbers of a line, there are
// zeros.
template <class T, int kTaps, int kLine, int kMostLines, int kWarps>
struct Halo {
  static constexpr int kNumbers = (kTileWidth + kTaps - 1) * kNarrow;
  static constexpr int kLines = (kMostLines + kWarps - 1) / kWarps, kEach = (kLine + kWarp - 1) / kWarp;
  static_assert(kNumbers <= kLine);
  T number[kLines][kEach];

  __device__ void fetch(Global<const T> narrow, const Shape& s, const Tile& tile, int padding) {
    const int lane = static_cast<int>(threadIdx.x) % kWarp, warp = static_cast<int>(threadIdx.x) / kWarp;
    const int first = (tile.column - padding) * kNarrow + lane;
#pragma unroll
    for (int l = 0; l < kLines; ++l) {
      const int h = tile.row - padding + warp + l * kWarps;
      const Index at = (Index{tile.n} * s.h + h) * s.w * kNarrow + first;
#pragma unroll
      for (int e = 0; e < kEach; ++e) {
        const int i = first + e * kWarp;
        const bool inside = h >= 0 && h < s.h && i >= 0 && i < s.w * kNarrow && lane + e * kWarp < kNumbers;
        number[l][e] = inside ? narrow.read(at + e * kWarp) : from_float<T>(0);
      }
    }
  }
  // Calls put(line, place in the line, number).
  template <class Put>
  __device__ void each(int lines, const Put& put) const {
    const int lane = static_cast<int>(threadIdx.x) % kWarp, warp = static_cast<int>(threadIdx.x) / kWarp;
#pragma unroll
    for (int l = 0; l < kLines; ++l)
#pragma unroll
      for (int e = 0; e < kEach; ++e)
        if (warp + l * kWarps < lines && lane + e * kWarp < kLine)
          put(warp + l * kWarps, lane + e * kWarp, number[l][e]);
  }
};

// Calls f with the window's size, 3, 5 or 7, as an integral constant.
template <class Function>
void with_taps(int taps, const Function& f) {
  if (taps == 7)
    f(std::integral_constant<int, 7>());
  else if (taps == 5)
    f(std::integral_constant<int, 5>());
  else
    f(std::integral_constant<int, 3>());
}

// Calls f with 32 or 16, how many wide channels go together.
template <class Function>
void with_group(int channels, const Function& f) {
  if (channels % 32 == 0)
    f(std::integral_constant<int, 32>());
  else
    f(std::integral_constant<int, 16>());
}

}  // namespace
}  // namespace bauta::BAUTA_BACKEND
