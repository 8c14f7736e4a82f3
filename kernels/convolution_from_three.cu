// Three channels to many: wide[i,j,c] = sum over r,s,k of narrow[i+r-p, j+s-p, k] weight(c,k,r,s).
//   For 64 channels, 7x7, 256x256 and batch 1: 1.23 GFLOP; floor s (narrow + wide + weights) = 8.8 MB
//   bfloat16, 17.6 MB float32. On an H100: 2.9 us of memory and 1.2 us of tensor cores; 5.9 us and, by
//   FFMA, 18.4 us.
//
// A block keeps all weights of its channels (bfloat16: in registers) and goes from tile to tile of the
// picture; the next tile's pixels are on their way meanwhile. Three channels are little: narrow with its halo
// is a tenth of what is written. At batch 1 a block has one tile, and so the weights pass from the
// second-level cache once a tile: moved is 1.3 times the floor bfloat16, 1.7 times float32; more pictures
// come closer to 1.
//
// bfloat16, tensor cores: rows are 16 pixels, columns 8 channels, and the sum runs over a window's row of
// 3 R numbers, which lie side by side in the picture, one window row after the other. The instruction wants
// them in pairs; a window begins at an odd number for every other pixel, so the tile is kept twice, the
// second time shifted by one number. The odd number at the end of a row is paired with zero.
//
// float32, FFMA: a thread computes 8 pixels of a row for 4 channels; 11 + 21 reads of 16 bytes from shared
// memory, shared by 4 and 8 lanes each, feed 672 FFMA.
#include "kernels/tensor_core.h"
#include "kernels/three_channels_gpu.h"

namespace bauta::BAUTA_BACKEND {

namespace {

constexpr int kThreads = 256, kWarps = kThreads / kWarp;
// ---- bfloat16

template <int kTaps>
struct WindowPairs {
  static constexpr int kRow = (kTaps * kNarrow + 1) / 2;  // pairs of a window's row
  static constexpr int kAll = kTaps * kRow;
  static constexpr int kSteps = (kAll + 7) / 8;  // of the instruction, 16 numbers each
  static constexpr int kWeightPitch = kSteps * 8 + 5;
};

constexpr int kMostRows = 32;  // of a tile

template <int kTaps, int kGroup>
__global__ void __launch_bounds__(kThreads, 1)
    from_three_matrix_kernel(Global<bfloat16> wide, Shape ws, Global<const bfloat16> narrow, Shape ns,
                             Global<const bfloat16> weights, bool turned, int padding, TileGrid grid) {
  using P = WindowPairs<kTaps>;
  constexpr int kHeight = kMostRows + kTaps - 1;
  constexpr int kPitch = ((kTileWidth + kTaps - 1) * kNarrow + 2) / 2;  // pairs of a line of the tile
  constexpr int kShifted = (kHeight * kPitch + 31) / 32 * 32 + 16;      // the second copy, on other banks
  constexpr int kTiles = kGroup / 8, kWindow = kTaps * kTaps;
  __shared__ SharedArray<Pair, kShifted + kHeight * kPitch> pixels;
  __shared__ SharedArray<Pair, kGroup * P::kWeightPitch> shared_weights;

  const int thread = static_cast<int>(threadIdx.x), lane = thread % kWarp, warp = thread / kWarp;
  const int g = lane / 4, t = lane % 4;
  const int block = static_cast<int>(blockIdx.x), blocks = static_cast<int>(gridDim.x);
  const int first_channel = static_cast<int>(blockIdx.y) * kGroup;
  Halo<bfloat16, kTaps, 2 * kPitch, kHeight, kWarps> halo;
  halo.fetch(narrow, ns, Tile(grid, block), padding);

  for (int i = thread; i < kGroup * P::kWeightPitch; i += kThreads) shared_weights[i] = {};
  __syncthreads();
  // Number `at` = (s,k) of window row r.
  const auto put = [&](int c, int r, int at, bfloat16 weight) {
    shared_weights[c * P::kWeightPitch + r * P::kRow + at / 2].v[at % 2] = weight;
  };
  if (turned) {  // (3, R, S, C)
    constexpr int kVectors = kGroup / 8;
    each_weight_vector<3>(
        weights, kNarrow * kWindow * kVectors,
        [&](int i) { return Index{i / kVectors} * ws.c + first_channel + i % kVectors * 8; },
        [&](int i, const Vec<bfloat16, 8>& value) {
          const int line = i / kVectors, k = line / kWindow, tap = kWindow - 1 - line % kWindow;
#pragma unroll
          for (int c = 0; c < 8; ++c)
            put(i % kVectors * 8 + c, tap / kTaps, tap % kTaps * kNarrow + k, value[c]);
        });
  } else {  // (C, R, S, 3)
    constexpr int kWindowRow = kTaps * kNarrow, kLine = kTaps * kWindowRow;
    each_weight_vector<3>(
        weights, kGroup * kLine / 8, [&](int i) { return Index{first_channel} * kLine + i * 8; },
        [&](int i, const Vec<bfloat16, 8>& value) {
#pragma unroll
          for (int e = 0; e < 8; ++e) {
            const int n = i * 8 + e;
            put(n / kLine, n / kWindowRow % kTaps, n % kWindowRow, value[e]);
          }
        });
  }
  __syncthreads();
  // Column n of tile m is a channel such that lane t's two columns of all tiles are neighbours in memory.
  MatrixB weight[P::kSteps][kTiles];
#pragma unroll
  for (int step = 0; step < P::kSteps; ++step)
#pragma unroll
    for (int m = 0; m < kTiles; ++m) {
      const int channel = g / 2 * (2 * kTiles) + 2 * m + g % 2;
#pragma unroll
      for (int half = 0; half < 2; ++half)
        weight[step][m].pair[half] =
            std::bit_cast<unsigned>(shared_weights[channel * P::kWeightPitch + 8 * step + 4 * half + t]);
    }

  for (int i = block; i < grid.count; i += blocks) {
    halo.each(grid.height + kTaps - 1, [&](int line, int place, bfloat16 number) {
      pixels[line * kPitch + place / 2].v[place % 2] = number;
      if (place > 0) pixels[kShifted + line * kPitch + (place - 1) / 2].v[(place - 1) % 2] = number;
    });
    __syncthreads();
    if (i + blocks < grid.count) halo.fetch(narrow, ns, Tile(grid, i + blocks), padding);

    const Tile tile(grid, i);
#pragma unroll 1
    for (int piece = warp; piece < grid.height * 2; piece += kWarps) {
      const int row = piece / 2, column = piece % 2 * 16 + g;
      // The window of pixel (row, column) begins at number 3 column of the line: pixels g and g + 8 alike.
      const int window = (g % 2) * kShifted + row * kPitch + (kNarrow * column - g % 2) / 2;
      // Lane t's pair of four that follow each other, where the lanes from 1, 2, 3 or none on are in the next
      // row.
      int pair[5];
#pragma unroll
      for (int turn = 1; turn <= 4; ++turn) pair[turn] = window + t + (t < turn ? 0 : kPitch - P::kRow);
      MatrixC sum[kTiles] = {};
#pragma unroll
      for (int step = 0; step < P::kSteps; ++step) {
        MatrixA a;
#pragma unroll
        for (int half = 0; half < 2; ++half) {
          const int first = 8 * step + 4 * half,
                    left = P::kRow - first % P::kRow;  // pairs until the next row
          int at = pair[left < 4 ? left : 4] + first / P::kRow * kPitch + first % P::kRow;
          unsigned mask = t == left - 1 ? 0xffffu : ~0u;
          if (first + 3 >= P::kAll && first + t >= P::kAll) at = window, mask = 0;
          a.pair[2 * half] = std::bit_cast<unsigned>(pixels[at]) & mask;
          a.pair[2 * half + 1] = std::bit_cast<unsigned>(pixels[at + 8 * kNarrow / 2]) & mask;
        }
#pragma unroll
        for (int m = 0; m < kTiles; ++m) multiply_add(sum[m], a, weight[step][m]);
      }
#pragma unroll
      for (int half = 0; half < 2; ++half) {
        const int h = tile.row + row, w = tile.column + column + 8 * half;
        if (h >= ws.h || w >= ws.w) continue;
        Floats<2 * kTiles> value;
#pragma unroll
        for (int m = 0; m < kTiles; ++m) {
          value[2 * m] = sum[m].v[2 * half];
          value[2 * m + 1] = sum[m].v[2 * half + 1];
        }
        wide.store(((Index{tile.n} * ws.h + h) * ws.w + w) * ws.c + first_channel + t * 2 * kTiles, value);
      }
    }
    __syncthreads();
  }
}

template <int kTaps, int kGroup>
void launch_matrix(View wide, ConstView narrow, ConstView w, bool turned, int padding, const Context& ctx) {
  // One block on each of an H100's 132 multiprocessors, and tiles such that the one with the most to do is
  // done first.
  const int groups = wide.shape.c / kGroup;
  const Index slots = larger(1, 132 / groups);
  const auto turns = [&](int rows) {
    return divide_up(TileGrid(wide.shape, rows).count, slots) * (rows + kTaps - 1);
  };
  int height = kMostRows;
  for (int rows : {16, 8})
    if (turns(rows) < turns(height)) height = rows;
  const TileGrid grid(wide.shape, height);
  launch("correlate_from_three", from_three_matrix_kernel<kTaps, kGroup>,
         {.grid = dim3(grid.blocks(slots), static_cast<unsigned>(groups)), .threads = kThreads}, ctx,
         global<bfloat16>(wide), wide.shape, global<bfloat16>(narrow), narrow.shape, global<bfloat16>(w),
         turned, padding, grid);
}

// ---- float32

constexpr int kRun = 8;           // pixels of a thread, each with 4 channels
constexpr int kScalarGroup = 16;  // channels of a warp, four lanes side by side
constexpr int kScalarRows = 2;    // of a warp: 8 runs
constexpr int line_pitch(int taps) { return ((kTileWidth + taps - 1) * kNarrow + 3) / 4 * 4; }

template <int kTaps>
__global__ void __launch_bounds__(kThreads, 2)
    from_three_kernel(Global<float> wide, Shape ws, Global<const float> narrow, Shape ns,
                      Global<const float> weights, bool turned, int padding, TileGrid grid) {
  using Quad = Vec<float, 4>;
  constexpr int kWindow = kTaps * kTaps, kPitch = line_pitch(kTaps), kReach = (kRun + kTaps - 1) * kNarrow;
  const int weight_pitch = ws.c + 4;
  float* const shared_weights = dynamic_shared<float>();                          // (tap, k, c)
  float* const pixels = shared_weights + kTaps * kTaps * kNarrow * weight_pitch;  // lines of kPitch

  const int lane = static_cast<int>(threadIdx.x) % kWarp, warp = static_cast<int>(threadIdx.x) / kWarp;
  const int block = static_cast<int>(blockIdx.x), blocks = static_cast<int>(gridDim.x);
  const int run = lane / 4, row_in_piece = run / 4, column = run % 4 * kRun;
  if (turned) {  // (3, R, S, C)
    const int quads = ws.c / 4;
    each_weight_vector<10>(
        weights, kNarrow * kWindow * quads, [](int i) { return Index{i} * 4; },
        [&](int i, const Quad& value) {
          const int line = i / quads, k = line / kWindow, tap = kWindow - 1 - line % kWindow;
          *reinterpret_cast<Quad*>(shared_weights + (tap * kNarrow + k) * weight_pitch + i % quads * 4) =
              value;
        });
  } else {  // (C, R, S, 3)
    constexpr int kLine = kWindow * kNarrow;
    each_weight_vector<10>(
        weights, kLine * ws.c / 4, [](int i) { return Index{i} * 4; },
        [&](int i, const Quad& value) {
#pragma unroll
          for (int e = 0; e < 4; ++e)
            shared_weights[(i * 4 + e) % kLine * weight_pitch + (i * 4 + e) / kLine] = value[e];
        });
  }

  for (int i = block; i < grid.count; i += blocks) {
    const Tile tile(grid, i);
    Halo<float, kTaps, kPitch, 16 + kTaps - 1, kWarps> halo;
    halo.fetch(narrow, ns, tile, padding);
    halo.each(grid.height + kTaps - 1,
              [&](int line, int place, float number) { pixels[line * kPitch + place] = number; });
    __syncthreads();

    const int groups = ws.c / kScalarGroup, pieces = grid.height / kScalarRows * groups;
    for (int piece = warp; piece < pieces; piece += kWarps) {
      const int row = piece / groups * kScalarRows + row_in_piece;
      const int channel = piece % groups * kScalarGroup + lane % 4 * 4;
      Floats<4> sum[kRun] = {};
#pragma unroll 1
      for (int r = 0; r < kTaps; ++r) {
        const Quad* const from =
            reinterpret_cast<const Quad*>(pixels + (row + r) * kPitch + column * kNarrow);
        float x[(kReach + 3) / 4 * 4];
#pragma unroll
        for (int j = 0; j < (kReach + 3) / 4; ++j) {
          const Quad four = from[j];
#pragma unroll
          for (int e = 0; e < 4; ++e) x[4 * j + e] = four[e];
        }
#pragma unroll
        for (int s = 0; s < kTaps; ++s)
#pragma unroll
          for (int k = 0; k < kNarrow; ++k) {
            const Quad tap = *reinterpret_cast<const Quad*>(
                shared_weights + ((r * kTaps + s) * kNarrow + k) * weight_pitch + channel);
#pragma unroll
            for (int j = 0; j < kRun; ++j)
#pragma unroll
              for (int c = 0; c < 4; ++c) sum[j][c] += x[(j + s) * kNarrow + k] * tap[c];
          }
      }
      if (tile.row + row >= ws.h) continue;
#pragma unroll
      for (int j = 0; j < kRun; ++j) {
        const int w = tile.column + column + j;
        if (w >= ws.w) break;
        wide.store(((Index{tile.n} * ws.h + tile.row + row) * ws.w + w) * ws.c + channel, sum[j]);
      }
    }
    __syncthreads();
  }
}

template <int kTaps>
void launch_scalar(View wide, ConstView narrow, ConstView w, bool turned, int padding, const Context& ctx) {
  // Rows such that all 8 warps have a piece to do.
  const int channels = wide.shape.c, rows = channels >= 32 ? 8 : 16;
  const TileGrid grid(wide.shape, rows);
  const auto floats = static_cast<std::size_t>(kTaps * kTaps * kNarrow * (channels + 4) +
                                               (rows + kTaps - 1) * line_pitch(kTaps));
  launch("correlate_from_three", from_three_kernel<kTaps>,
         {.grid = grid.blocks(264), .threads = kThreads, .shared_bytes = floats * sizeof(float)}, ctx,
         global<float>(wide), wide.shape, global<float>(narrow), narrow.shape, global<float>(w), turned,
         padding, grid);
}

}  // namespace

void correlate_from_three(View wide, ConstView narrow, ConstView w, bool turned, int padding,
                          const Context& ctx) {
  with_taps(w.shape.h, [&]<int kTaps>(std::integral_constant<int, kTaps>) {
    if (wide.dtype == DType::Float32) {
      launch_scalar<kTaps>(wide, narrow, w, turned, padding, ctx);
      return;
    }
    with_group(wide.shape.c, [&]<int kGroup>(std::integral_constant<int, kGroup>) {
      launch_matrix<kTaps, kGroup>(wide, narrow, w, turned, padding, ctx);
    });
  });
}

}  // namespace bauta::BAUTA_BACKEND
