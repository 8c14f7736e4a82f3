// Gradients of the weights between three channels and many: g[c,r,s,k] = sum over pixels i,j of
// wide[i,j,c] narrow[i+r-p, j+s-p, k].
//   For 64 channels, 7x7, 256x256 and batch 1: 1.23 GFLOP; floor s (wide + narrow) + weights = 8.8 MB
//   bfloat16, 17.6 MB float32. On an H100: 2.9 us of memory and 1.2 us of tensor cores; 5.9 us and, by
//   FFMA, 18.4 us.
//
// There are few results and many pixels: a block goes from tile to tile of the picture with all results of
// its channels in registers, its warps with other pixels are added up at the end, and a second launch adds up
// the blocks, always in the same order. The wide tensor is read once. Moved besides: the blocks' sums, 21 KB
// for 32 channels, written and read by way of the second-level cache: at batch 1 in all 2.2 times the floor
// bfloat16, 1.7 times float32; there are never more than 132 blocks, so that 16 pictures have 1.1 times.
//
// bfloat16, tensor cores: rows are 16 channels, columns the 8 taps s (one more than there are) of one (r, k),
// and the sum runs over 16 pixels of a row. The instruction wants pixels in pairs. Of wide, lanes load pixels
// and put their channels together two by two; narrow lies in shared memory channel by channel, twice: pixels
// from j + s on, for odd s too, are then pairs.
//
// float32, FFMA: a thread has 8 channels and all taps s of one (r, k); 4 pixels need 3 + 8 reads of 16 bytes
// from shared memory for 224 FFMA.
#include "kernels/contraction_gpu.h"
#include "kernels/tensor_core.h"
#include "kernels/three_channels_gpu.h"

namespace bauta::BAUTA_BACKEND {

namespace {

// Where the sum of channel c, tap (r, s) and narrow channel k belongs in dw.
struct Weight {
  int channels, taps;
  bool turned;  // the last layer's, (3, R, S, channels)

  __device__ Index operator()(int c, int r, int s, int k) const {
    if (turned) return ((Index{k} * taps + taps - 1 - r) * taps + taps - 1 - s) * channels + c;
    return ((Index{c} * taps + r) * taps + s) * kNarrow + k;
  }
};

// ---- bfloat16

constexpr int kPixelGroups = 4;  // of warps; each has one warp a narrow channel
constexpr int kMatrixWarps = kPixelGroups * kNarrow, kMatrixThreads = kMatrixWarps * kWarp;
constexpr int kMatrixRows = 8;  // of a tile

template <int kTaps, int kGroup>
struct MatrixPlan {
  static constexpr int kTiles = kGroup / 16;
  static constexpr int kSums = kTiles * kTaps * 4;  // of a thread
  static constexpr int kPixels = kMatrixRows * kTileWidth;
  static constexpr int kPixelPitch = kGroup + 8;  // so that lanes that read at a time meet different banks
  static constexpr int kHeight = kMatrixRows + kTaps - 1;
  static constexpr int kPitch = 20;  // pairs of a line of one narrow channel; the last tap reaches 32 + 7
  static constexpr int kShifted = kNarrow * kHeight * kPitch;
  static constexpr std::size_t kTileBytes =
      sizeof(bfloat16) * kPixels * kPixelPitch + sizeof(Pair) * 2 * kShifted;
  static constexpr std::size_t kSumBytes = sizeof(float) * (kPixelGroups - 1) * kNarrow * kSums * kWarp;
  static constexpr std::size_t kShared = kTileBytes > kSumBytes ? kTileBytes : kSumBytes;
};

// Which weight number i of a block's sums (group of channels, k, tile, r, place, lane) is.
template <int kTaps, int kGroup>
struct MatrixPlace {
  Weight weight;
  __device__ Index operator()(Index number) const {
    constexpr int kTiles = kGroup / 16;
    const int i = static_cast<int>(number), lane = i % kWarp, place = i / kWarp % 4;
    const int r = i / (4 * kWarp) % kTaps, tile = i / (4 * kWarp * kTaps) % kTiles;
    const int k = i / (4 * kWarp * kTaps * kTiles) % kNarrow,
              group = i / (4 * kWarp * kTaps * kTiles * kNarrow);
    const int s = lane % 4 * 2 + place % 2;
    if (s >= kTaps) return -1;
    return weight(group * kGroup + lane / 4 * 2 * kTiles + 2 * tile + place / 2, r, s, k);
  }
};

template <int kTaps, int kGroup>
__global__ void __launch_bounds__(kMatrixThreads, 1)
    wgrad_matrix_kernel(Global<float> parts, Global<const bfloat16> wide, Shape ws,
                        Global<const bfloat16> narrow, Shape ns, int padding, TileGrid grid) {
  using P = MatrixPlan<kTaps, kGroup>;
  using Vector = Vec<unsigned, 4>;  // of 8 channels
  constexpr int kVectorsOf = kGroup / 8, kAll = P::kPixels * kVectorsOf;
  constexpr int kEach = (kAll + kMatrixThreads - 1) / kMatrixThreads;
  // Shared: pixels (row, column, channel); narrow's pairs (shifted, k, row, column). At the end, sums.
  bfloat16* const pixels = dynamic_shared<bfloat16>();
  Pair* const pairs = reinterpret_cast<Pair*>(pixels + P::kPixels * P::kPixelPitch);
  float* const sums = reinterpret_cast<float*>(pixels);

  const int thread = static_cast<int>(threadIdx.x), lane = thread % kWarp, warp = thread / kWarp;
  const int g = lane / 4, t = lane % 4, k = warp % kNarrow, part_of_tile = warp / kNarrow;
  const int block = static_cast<int>(blockIdx.x), blocks = static_cast<int>(gridDim.x);
  const int group = static_cast<int>(blockIdx.y), groups = static_cast<int>(gridDim.y);

  Vector vector[kEach];
  Halo<bfloat16, kTaps, P::kPitch * 2 * kNarrow, P::kHeight, kMatrixWarps> halo;
  const auto fetch = [&](int i) {
    const Tile tile(grid, i);
#pragma unroll
    for (int e = 0; e < kEach; ++e) {
      const int at = thread + e * kMatrixThreads, pixel = at / kVectorsOf;
      const int h = tile.row + pixel / kTileWidth, w = tile.column + pixel % kTileWidth;
      vector[e] = {};
      if (at < kAll && h < ws.h && w < ws.w)
        vector[e] = std::bit_cast<Vector>(wide.template read_packed<8>(
            ((Index{tile.n} * ws.h + h) * ws.w + w) * ws.c + group * kGroup + at % kVectorsOf * 8));
    }
    halo.fetch(narrow, ns, tile, padding);
  };

  MatrixC sum[P::kTiles][kTaps] = {};
  fetch(block);
  for (int i = block; i < grid.count; i += blocks) {
#pragma unroll
    for (int e = 0; e < kEach; ++e)
      if (const int at = thread + e * kMatrixThreads; at < kAll)
        *reinterpret_cast<Vector*>(pixels + at / kVectorsOf * P::kPixelPitch + at % kVectorsOf * 8) =
            vector[e];
    halo.each(P::kHeight, [&](int line, int place, bfloat16 number) {
      const int column = place / kNarrow;
      Pair* const to = pairs + (place % kNarrow * P::kHeight + line) * P::kPitch;
      to[column / 2].v[column % 2] = number;
      if (column > 0) to[P::kShifted + (column - 1) / 2].v[(column - 1) % 2] = number;
    });
    __syncthreads();
    if (i + blocks < grid.count) fetch(i + blocks);

      // Sixteen pixels at a time: half a row.
#pragma unroll 1
    for (int half_row = part_of_tile; half_row < 2 * kMatrixRows; half_row += kPixelGroups) {
      const int row = half_row / 2, column = half_row % 2 * 16;
      // Channels 2 g kTiles ... of the pixels 2t, 2t+1, 2t+8, 2t+9, two in a word.
      using Words = Vec<unsigned, P::kTiles>;
      Words word[4];
#pragma unroll
      for (int p = 0; p < 4; ++p)
        word[p] = std::bit_cast<Words>(*reinterpret_cast<const Vec<bfloat16, 2 * P::kTiles>*>(
            pixels + (row * kTileWidth + column + 2 * t + p % 2 + p / 2 * 8) * P::kPixelPitch +
            g * 2 * P::kTiles));
      MatrixA a[P::kTiles];
#pragma unroll
      for (int m = 0; m < P::kTiles; ++m)
#pragma unroll
        for (int p = 0; p < 2; ++p) {
          const unsigned first = word[2 * p][m], second = word[2 * p + 1][m];
          a[m].pair[2 * p] = (first & 0xffffu) | second << 16;
          a[m].pair[2 * p + 1] = first >> 16 | (second & 0xffff0000u);
        }
      // Tap s = g of pixels 2t, 2t+1 is the pair at column 2t + g.
      const Pair* const from =
          pairs + g % 2 * P::kShifted + (k * P::kHeight + row) * P::kPitch + (column + 2 * t + g - g % 2) / 2;
#pragma unroll
      for (int r = 0; r < kTaps; ++r) {
        const MatrixB b = {std::bit_cast<unsigned>(from[r * P::kPitch]),
                           std::bit_cast<unsigned>(from[r * P::kPitch + 4])};
#pragma unroll
        for (int m = 0; m < P::kTiles; ++m) multiply_add(sum[m][r], a[m], b);
      }
    }
    __syncthreads();
  }

  const auto each_sum = [&](const auto& f) {
#pragma unroll
    for (int m = 0; m < P::kTiles; ++m)
#pragma unroll
      for (int r = 0; r < kTaps; ++r)
#pragma unroll
        for (int q = 0; q < 4; ++q) f(((m * kTaps + r) * 4 + q) * kWarp + lane, sum[m][r].v[q]);
  };
  constexpr int kWarpSums = P::kSums * kWarp;
  if (part_of_tile > 0)
    each_sum([&](int at, float value) { sums[(warp - kNarrow) * kWarpSums + at] = value; });
  __syncthreads();
  if (part_of_tile > 0) return;
  const Index first = ((Index{block} * groups + group) * kNarrow + k) * kWarpSums;
  each_sum([&](int at, float value) {
#pragma unroll
    for (int other = 0; other < kPixelGroups - 1; ++other)
      value += sums[(other * kNarrow + k) * kWarpSums + at];
    parts.write(first + at, value);
  });
}

// ---- float32

constexpr int kScalarWarps = 16, kScalarThreads = kScalarWarps * kWarp;
constexpr int kMostRows = 8, kUnit = 8;
constexpr int kLinePitch = 40;  // of one narrow channel; four pixels' windows reach 28 + 12

template <int kTaps>
struct ScalarPlan {
  int rows, groups;  // of a tile; of threads, with other pixels each
  std::size_t shared;

  explicit ScalarPlan(int channels)
      : rows(static_cast<int>(smaller(kMostRows, 512 / channels))),
        groups(kScalarThreads / (kTaps * kNarrow * channels / 8)) {
    const int tile = rows * kTileWidth * channels + kNarrow * (rows + kTaps - 1) * kLinePitch;
    const int sums = kTaps * kTaps * kNarrow * channels;
    shared = sizeof(float) * static_cast<std::size_t>(larger(tile, sums));
  }
};

// Which weight number i of a block's sums (r, k, s, c) is.
template <int kTaps>
struct ScalarPlace {
  Weight weight;
  __device__ Index operator()(Index number) const {
    const int i = static_cast<int>(number), c = i % weight.channels, line = i / weight.channels;
    return weight(c, line / (kTaps * kNarrow), line % kTaps, line / kTaps % kNarrow);
  }
};

template <int kTaps>
__global__ void __launch_bounds__(kScalarThreads, 1)
    wgrad_kernel(Global<float> parts, Global<const float> wide, Shape ws, Global<const float> narrow,
                 Shape ns, int padding, TileGrid grid, int groups) {
  using Quad = Vec<float, 4>;
  constexpr int kStep = 4, kBatch = 8, kReach = (kStep + kTaps - 1 + 3) / 4;
  const int thread = static_cast<int>(threadIdx.x), quads = ws.c / 4, pairs = ws.c / 8;
  // Channels of quads `quad` and quad + pairs, so that neighbouring lanes have neighbours.
  const int quad = thread % pairs, k = thread / pairs % kNarrow, r = thread / (pairs * kNarrow) % kTaps;
  const int group = thread / (pairs * kNarrow * kTaps);
  const int block = static_cast<int>(blockIdx.x), blocks = static_cast<int>(gridDim.x);
  // Shared: pixels (row, column, channel); narrow's lines (row, k, column). At the end, sums (r, k, s, c).
  Quad* const pixels = dynamic_shared<Quad>();
  float* const lines = reinterpret_cast<float*>(pixels + grid.height * kTileWidth * quads);

  Floats<4> sum[kTaps][2] = {};
  for (int i = block; i < grid.count; i += blocks) {
    const Tile tile(grid, i);
    const int in_row = kTileWidth * quads, count = grid.height * in_row;
    const int inside = (ws.w - tile.column) * quads;  // quads of a row that the picture has
    Halo<float, kTaps, kLinePitch * kNarrow, kMostRows + kTaps - 1, kScalarWarps> halo;
    halo.fetch(narrow, ns, tile, padding);
    for (int begin = thread; begin < count; begin += kBatch * kScalarThreads) {
      Floats<4> value[kBatch];
#pragma unroll
      for (int b = 0; b < kBatch; ++b) {
        const int at = begin + b * kScalarThreads, row = at / in_row, in = at % in_row;
        value[b] = wide.template load_if<4>(
            at < count && tile.row + row < ws.h && in < inside,
            ((Index{tile.n} * ws.h + tile.row + row) * ws.w + tile.column) * ws.c + in * 4);
      }
#pragma unroll
      for (int b = 0; b < kBatch; ++b)
        if (begin + b * kScalarThreads < count)
          pixels[begin + b * kScalarThreads] = {value[b][0], value[b][1], value[b][2], value[b][3]};
    }
    halo.each(grid.height + kTaps - 1, [&](int line, int place, float number) {
      lines[(line * kNarrow + place % kNarrow) * kLinePitch + place / kNarrow] = number;
    });
    __syncthreads();

    if (group < groups)
      for (int unit = group; unit < grid.height * kTileWidth / kUnit; unit += groups) {
        const int row = unit / (kTileWidth / kUnit), column = unit % (kTileWidth / kUnit) * kUnit;
        const Quad* wide_at = pixels + (row * kTileWidth + column) * quads + quad;
        const Quad* from =
            reinterpret_cast<const Quad*>(lines + ((row + r) * kNarrow + k) * kLinePitch + column);
#pragma unroll 1
        for (int j = 0; j < kUnit; j += kStep, from += kStep / 4) {
          float x[kReach * 4];
#pragma unroll
          for (int e = 0; e < kReach; ++e) {
            const Quad four = from[e];
#pragma unroll
            for (int c = 0; c < 4; ++c) x[4 * e + c] = four[c];
          }
#pragma unroll
          for (int p = 0; p < kStep; ++p, wide_at += quads)
#pragma unroll
            for (int part = 0; part < 2; ++part) {
              const Quad value = wide_at[part * pairs];
#pragma unroll
              for (int s = 0; s < kTaps; ++s)
#pragma unroll
                for (int c = 0; c < 4; ++c) sum[s][part][c] += value[c] * x[p + s];
            }
        }
      }
    __syncthreads();
  }

  // One group after the other is added to the first.
  const int own = (r * kNarrow + k) * kTaps * quads + quad;
  for (int other = 1; other < groups; ++other) {
    if (group == other)
#pragma unroll
      for (int i = 0; i < 2 * kTaps; ++i) {
        const Floats<4>& value = sum[i / 2][i % 2];
        pixels[own + i / 2 * quads + i % 2 * pairs] = {value[0], value[1], value[2], value[3]};
      }
    __syncthreads();
    if (group == 0)
#pragma unroll
      for (int i = 0; i < 2 * kTaps; ++i)
#pragma unroll
        for (int c = 0; c < 4; ++c) sum[i / 2][i % 2][c] += pixels[own + i / 2 * quads + i % 2 * pairs][c];
    __syncthreads();
  }
  if (group > 0) return;
#pragma unroll
  for (int i = 0; i < 2 * kTaps; ++i)
    parts.store((Index{block} * kTaps * kTaps * kNarrow * quads + own + i / 2 * quads + i % 2 * pairs) * 4,
                sum[i / 2][i % 2]);
}

// ----

// The blocks of one launch each write `count` sums, a second launch adds them up.
template <class Place, class Launch>
void sum_by_blocks(View dw, Index count, unsigned blocks, const Place& place, GradMode mode,
                   const Context& ctx, const Launch& launch_blocks) {
  float* const parts = ctx.workspace(static_cast<std::size_t>(count * blocks));
  launch_blocks(parts);
  with_storage(dw.dtype, [&](auto* null) {
    add_parts<std::remove_pointer_t<decltype(null)>>("wgrad_of_three", ctx, dw.data, parts, count, blocks,
                                                     place, mode);
  });
}

}  // namespace

void wgrad_of_three(View dw, ConstView wide, ConstView narrow, bool turned, int padding, GradMode mode,
                    const Context& ctx) {
  constexpr Index kSlots = 132;  // a block on each of an H100's multiprocessors
  const int channels = wide.shape.c;
  const Weight weight{channels, dw.shape.h, turned};
  with_taps(dw.shape.h, [&]<int kTaps>(std::integral_constant<int, kTaps>) {
    if (wide.dtype == DType::Float32) {
      const ScalarPlan<kTaps> plan(channels);
      const TileGrid grid(wide.shape, plan.rows);
      sum_by_blocks(
          dw, kTaps * kTaps * kNarrow * channels, grid.blocks(kSlots), ScalarPlace<kTaps>{weight}, mode, ctx,
          [&](float* parts) {
            launch("wgrad_of_three", wgrad_kernel<kTaps>,
                   {.grid = grid.blocks(kSlots), .threads = kScalarThreads, .shared_bytes = plan.shared}, ctx,
                   parts, global<float>(wide), wide.shape, global<float>(narrow), narrow.shape, padding, grid,
                   plan.groups);
          });
      return;
    }
    with_group(channels, [&]<int kGroup>(std::integral_constant<int, kGroup>) {
      using P = MatrixPlan<kTaps, kGroup>;
      const int groups = channels / kGroup;
      const TileGrid grid(wide.shape, kMatrixRows);
      const unsigned blocks = grid.blocks(larger(1, kSlots / groups));
      sum_by_blocks(dw, Index{groups} * kNarrow * P::kSums * kWarp, blocks,
                    MatrixPlace<kTaps, kGroup>{weight}, mode, ctx, [&](float* parts) {
                      launch("wgrad_of_three", wgrad_matrix_kernel<kTaps, kGroup>,
                             {.grid = dim3(blocks, static_cast<unsigned>(groups)),
                              .threads = kMatrixThreads,
                              .shared_bytes = P::kShared},
                             ctx, parts, global<bfloat16>(wide), wide.shape, global<bfloat16>(narrow),
                             narrow.shape, padding, grid);
                    });
    });
  });
}

}  // namespace bauta::BAUTA_BACKEND
