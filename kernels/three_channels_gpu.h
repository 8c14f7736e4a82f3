// What the kernels of convolution_three_channels.h share: how they read weights, and their template
// arguments. Included by *.cu only.
#pragma once

#include <utility>

#include "kernels/convolution_three_channels.h"

namespace bauta::BAUTA_BACKEND {
namespace {

constexpr int kNarrow = 3;  // channels

// Weights between c of `channels` wide channels and k of three narrow ones.
template <class T>
struct ThreeChannelWeights {
  Global<const T> w;
  int channels;
  bool wide_inside;  // (3, R, S, channels), not (channels, R, S, 3)
  bool turned;       // tap (r, s) is stored as (R-1-r, S-1-s)

  ThreeChannelWeights(ConstView view, bool turn)
      : w(global<T>(view)),
        channels(view.shape.n == kNarrow ? view.shape.c : view.shape.n),
        wide_inside(view.shape.n == kNarrow),
        turned(turn) {}

  // Calls put(c - first, k, r * R + s, weight) for the channels c in [first, first + count), by all threads
  // of a block of whole warps: neighbouring lanes read neighbours, several loads at a time.
  template <int kTaps, class Put>
  __device__ void read(int first, int count, const Put& put) const {
    constexpr int kWindow = kTaps * kTaps, kBatch = 5;
    const int lane = static_cast<int>(threadIdx.x) % kWarp, warp = static_cast<int>(threadIdx.x) / kWarp;
    const int warps = static_cast<int>(blockDim.x) / kWarp;
    const auto turn = [this](int tap) { return turned ? kWindow - 1 - tap : tap; };
    T weight[kBatch];
    if (wide_inside) {
      for (int line = warp; line < kNarrow * kWindow; line += warps * kBatch)
        for (int c = lane; c < count; c += kWarp) {
#pragma unroll
          for (int i = 0; i < kBatch; ++i)
            if (const int at = line + i * warps; at < kNarrow * kWindow)
              weight[i] = w.read(Index{at} * channels + first + c);
#pragma unroll
          for (int i = 0; i < kBatch; ++i)
            if (const int at = line + i * warps; at < kNarrow * kWindow)
              put(c, at / kWindow, turn(at % kWindow), weight[i]);
        }
    } else {
      constexpr int kLine = kNarrow * kWindow;
      static_assert(kBatch * kWarp >= kNarrow * 7 * 7);
      for (int c = warp; c < count; c += warps) {
#pragma unroll
        for (int i = 0; i < kBatch; ++i)
          if (const int at = lane + i * kWarp; at < kLine) weight[i] = w.read(Index{first + c} * kLine + at);
#pragma unroll
        for (int i = 0; i < kBatch; ++i)
          if (const int at = lane + i * kWarp; at < kLine)
            put(c, at % kNarrow, turn(at / kNarrow), weight[i]);
      }
    }
  }
};

constexpr int kTileWidth = 32;

// Tiles of a batch of pictures, row by row.
struct TileGrid {
  int across, down, height, count;

  TileGrid(const Shape& wide, int rows)
      : across(static_cast<int>(divide_up(wide.w, kTileWidth))),
        down(static_cast<int>(divide_up(wide.h, rows))),
        height(rows),
        count(wide.n * down * across) {}
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
