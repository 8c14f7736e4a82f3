// Many channels to three: narrow[i,j,k] = sum over r,s,c of wide[i+r-p, j+s-p, c] weight(c,k,r,s).
//   For 64 channels, 7x7, 256x256 and batch 1: 1.23 GFLOP; floor s (wide + narrow + weights) = 8.8 MB
//   bfloat16, 17.6 MB float32. On an H100: 2.9 us of memory and 1.2 us of tensor cores; 5.9 us and, by
//   FFMA, 18.4 us.
//
// bfloat16, tensor cores. Three columns would leave most of a tile idle, so the taps of a row become columns:
//     across[i, j, (s,k)] = sum over r,c of wide[i+r-p, j-p, c] weight(c,k,r,s)         7x7: 21 of 24 columns
//     narrow[i, j, k]     = sum over s of across[i, j+s, (s,k)]
// A warp takes 16 pixels of a row and 32 channels and walks down the picture. A row of wide goes from memory
// straight into the registers of the matrix instruction, once, and adds to the R rows of `across` that see
// it, which are in registers as well, and so are the weights. The row of `across` that is then complete
// leaves through shared memory, where the warps with the other channels and the neighbours are added, in a
// fixed order. 2 warps side by side give 32 - (S-1) columns of narrow.
//   Moved: wide once for each strip and block that sees it, 32/26 to the side and (rows + 6)/rows downwards.
//   At batch 1 the picture must be cut into 10 rows a block to fill the card: 1.97 times, with the weights
//   for every block 2.4 times the floor, most of it from the second-level cache; DRAM gives wide once.
//
// float32, FFMA, which has no tiles to fill: a thread computes 8 pixels of a row from 4 channels, so that
// 14 + 21 reads of 16 bytes from shared memory feed 672 FFMA; a block's warps take 4 channels each of the
// same 8 x 32 pixels and are added up at the end. Moved: (14 x 38)/(8 x 32) = 2.1 times, with the weights 2.5
// times the floor, while the arithmetic takes three times as long as the floor.
#include "kernels/tensor_core.h"
#include "kernels/three_channels_gpu.h"

namespace bauta::BAUTA_BACKEND {

namespace {

// ---- bfloat16

constexpr int kAcross = 32;  // pixels of a row of `across`
constexpr int kPixels = 16;  // of a warp

// Columns (s,k) in whole tiles of 8.
template <int kTaps>
constexpr int kColumns = (kTaps * kNarrow + 7) / 8 * 8;

// Rows of narrow that a block computes, and how many blocks that makes.
struct Strips {
  int columns, rows, across, down;

  Strips(const Shape& narrow, int taps) : columns(kAcross - taps + 1), rows(narrow.h) {
    across = static_cast<int>(divide_up(narrow.w, columns));
    // Two blocks fit on each of an H100's 132 multiprocessors. The fewest rows in turn for one of them:
    constexpr Index kSlots = 264;
    Index best = -1;
    for (Index strips = 1; strips <= divide_up(narrow.h, 4); ++strips) {
      const Index height = divide_up(narrow.h, strips);
      const Index turns = divide_up(Index{narrow.n} * across * strips, kSlots) * (height + taps - 1);
      if (best >= 0 && turns >= best) continue;
      best = turns;
      rows = static_cast<int>(height);
    }
    down = static_cast<int>(divide_up(narrow.h, rows));
  }
};

// A thread's part of 16 pixels: kChannels / 4 channels of each of two.
template <int kChannels>
struct Pixels {
  using Words = Vec<unsigned, kChannels / 8>;
  Words pixel[2];
};

template <int kTaps, int kChannels>
__global__ void __launch_bounds__(256)
    to_three_matrix_kernel(Global<bfloat16> narrow, Shape ns, Global<const bfloat16> wide, Shape ws,
                           Global<const bfloat16> weights, bool turned, int padding, Strips strips) {
  constexpr int kWide = kColumns<kTaps>, kTiles = kWide / 8, kOwn = kChannels / 4, kSums = 24;
  using Words = typename Pixels<kChannels>::Words;
  const int lane = static_cast<int>(threadIdx.x) % kWarp, g = lane / 4, t = lane % 4;
  const int side = static_cast<int>(threadIdx.x) / kWarp % 2;
  const int group = static_cast<int>(threadIdx.x) / (2 * kWarp), groups = ws.c / kChannels;

  // Shared: the weights as they are in memory; two rows of sums (group, pixel, (s,k)) in turn.
  const int weight_count = kTaps * kTaps * kNarrow * ws.c;
  bfloat16* const shared_weights = dynamic_shared<bfloat16>();
  float* const sums = reinterpret_cast<float*>(shared_weights + weight_count);
  each_weight_vector<10>(
      weights, weight_count / 8, [](int i) { return Index{i} * 8; },
      [&](int i, const Vec<bfloat16, 8>& v) { reinterpret_cast<Vec<bfloat16, 8>*>(shared_weights)[i] = v; });
  __syncthreads();
  // A lane's four channels of a tile's step are neighbours in memory: (2t, 2t+1) and (2t+8, 2t+9) of the
  // instruction are channels 4 t ... 4 t + 3 (of 32: 8 t ... 8 t + 7 in two steps).
  const int first_channel = group * kChannels + t * kOwn;
  Words weight[kTaps][kTiles];
#pragma unroll
  for (int tile = 0; tile < kTiles; ++tile) {
    const int s = (tile * 8 + g) / kNarrow, k = (tile * 8 + g) % kNarrow;
#pragma unroll
    for (int r = 0; r < kTaps; ++r) {
      Vec<bfloat16, kOwn> own = {};
      if (s >= kTaps) {     // an unused column
      } else if (turned) {  // (C, R, S, 3)
        const int tap = (kTaps - 1 - r) * kTaps + kTaps - 1 - s;
#pragma unroll
        for (int c = 0; c < kOwn; ++c)
          own[c] = shared_weights[((first_channel + c) * kTaps * kTaps + tap) * kNarrow + k];
      } else {  // (3, R, S, C)
        own = *reinterpret_cast<const Vec<bfloat16, kOwn>*>(
            shared_weights + ((k * kTaps + r) * kTaps + s) * ws.c + first_channel);
      }
      weight[r][tile] = std::bit_cast<Words>(own);
    }
  }

  const Index block = blockIdx.x, row_of_blocks = block / strips.across, n = row_of_blocks / strips.down;
  const int first_row = static_cast<int>(row_of_blocks % strips.down) * strips.rows;
  const int first_column = static_cast<int>(block % strips.across) * strips.columns;
  const int rows = first_row + strips.rows < ns.h ? strips.rows : ns.h - first_row;

  // Pixels g and g + 8 of this warp's sixteen.
  const int column = first_column - padding + side * kPixels + g;
  const Global<const bfloat16> from = wide + n * ws.h * ws.w * ws.c + first_channel;
  const auto fetch = [&](int i) {
    Pixels<kChannels> result = {};
    const int h = first_row - padding + i;
    if (h >= 0 && h < ws.h && i < rows + kTaps - 1)
#pragma unroll
      for (int p = 0; p < 2; ++p)
        if (const int w = column + 8 * p; w >= 0 && w < ws.w)
          result.pixel[p] =
              std::bit_cast<Words>(from.template read_packed<kOwn>((Index{h} * ws.w + w) * ws.c));
    return result;
  };

  MatrixC sum[kTaps][kTiles] = {};  // row i of `across` is at i % kTaps
  Pixels<kChannels> now = fetch(0), next = fetch(1);
  for (int base = 0; base < rows + kTaps - 1; base += kTaps) {
#pragma unroll
    for (int u = 0; u < kTaps; ++u) {
      const int i = base + u;  // row of wide, from the block's first
      if (i >= rows + kTaps - 1) break;
      const Pixels<kChannels> after = fetch(i + 2);
#pragma unroll
      for (int r = 0; r < kTaps; ++r) {
        if (i - r < 0 || i - r >= rows) continue;
#pragma unroll
        for (int step = 0; step < kChannels / 16; ++step) {
          const MatrixA a = {now.pixel[0][2 * step], now.pixel[1][2 * step], now.pixel[0][2 * step + 1],
                             now.pixel[1][2 * step + 1]};
#pragma unroll
          for (int tile = 0; tile < kTiles; ++tile)
            multiply_add(sum[(u - r + kTaps) % kTaps][tile], a,
                         {weight[r][tile][2 * step], weight[r][tile][2 * step + 1]});
        }
      }
      now = next;
      next = after;

      const int complete = i - (kTaps - 1);
      if (complete < 0) continue;
      float* const row_sums = sums + (i % 2) * groups * kAcross * kSums;
#pragma unroll
      for (int tile = 0; tile < kTiles; ++tile) {
        MatrixC& done = sum[(u + 1) % kTaps][tile];
#pragma unroll
        for (int half = 0; half < 2; ++half)
          *reinterpret_cast<Vec<float, 2>*>(row_sums +
                                            ((group * kAcross) + side * kPixels + g + 8 * half) * kSums +
                                            tile * 8 + 2 * t) = {done.v[2 * half], done.v[2 * half + 1]};
        done = {};
      }
      // One barrier a row: who writes these sums again has passed the next row's.
      __syncthreads();
      for (int o = static_cast<int>(threadIdx.x); o < strips.columns * kNarrow;
           o += static_cast<int>(blockDim.x)) {
        const int j = o / kNarrow, k = o % kNarrow;
        if (first_column + j >= ns.w) break;
        float value = 0;
#pragma unroll 1
        for (int part = 0; part < groups; ++part)
#pragma unroll
          for (int s = 0; s < kTaps; ++s)
            value += row_sums[(part * kAcross + j + s) * kSums + s * kNarrow + k];
        narrow.template store<1>(((n * ns.h + first_row + complete) * ns.w + first_column) * kNarrow + o,
                                 {value});
      }
    }
  }
}

template <int kTaps, int kChannels>
void launch_matrix(View narrow, ConstView wide, ConstView w, bool turned, int padding, const Context& ctx) {
  const Strips strips(narrow.shape, kTaps);
  const int groups = wide.shape.c / kChannels;
  using T = bfloat16;
  const std::size_t shared =
      sizeof(T) * w.shape.count() + sizeof(float) * static_cast<std::size_t>(2 * groups * kAcross * 24);
  launch("correlate_to_three", to_three_matrix_kernel<kTaps, kChannels>,
         {.grid = static_cast<unsigned>(Index{narrow.shape.n} * strips.down * strips.across),
          .threads = static_cast<unsigned>(2 * groups * kWarp),
          .shared_bytes = shared},
         ctx, global<bfloat16>(narrow), narrow.shape, global<bfloat16>(wide), wide.shape, global<T>(w),
         turned, padding, strips);
}

// ---- float32

constexpr int kThreads = 256;
constexpr int kQuads = 8;  // of channels at a time, one a warp
constexpr int kRows = 8, kRun = 8;
static_assert(kTileWidth == 4 * kRun);  // lanes are 8 rows of 4 runs

// The pixels of one quad in shared memory: after every run a gap, and the pitches such that 8 lanes that
// read, or write, at a time meet different banks.
template <int kTaps>
struct Plane {
  static constexpr int kHeight = kRows + kTaps - 1, kWidth = kTileWidth + kTaps - 1;
  static constexpr int kPitch = (kWidth + kWidth / kRun + 3) / 8 * 8 + 4;
  static constexpr int kSize = kHeight * kPitch + 1;
  static_assert(kPitch >= kWidth + (kWidth - 1) / kRun && kPitch % 8 == 4 && kSize % 2 == 1);
  __device__ static int at(int row, int column) { return row * kPitch + column + column / kRun; }
};

template <int kTaps>
__global__ void __launch_bounds__(kThreads, 2)
    to_three_kernel(Global<float> narrow, Shape ns, Global<const float> wide, Shape ws,
                    Global<const float> weights, bool turned, int padding, TileGrid grid) {
  using Quad = Vec<float, 4>;
  using P = Plane<kTaps>;
  constexpr int kWindow = kTaps * kTaps, kBatch = 6;
  Quad* const pixels = dynamic_shared<Quad>();           // (quad, row, column)
  Quad* const taps = pixels + kQuads * P::kSize;         // (quad, tap, k)
  float* const sums = reinterpret_cast<float*>(pixels);  // (quad, pixel, k), at the end

  const int thread = static_cast<int>(threadIdx.x), lane = thread % kWarp, warp = thread / kWarp;
  const int row = lane / 4, run = lane % 4;
  const Tile tile(grid, static_cast<int>(blockIdx.x));
  const Global<const float> picture = wide + Index{tile.n} * ws.h * ws.w * ws.c;

  float sum[kRun][kNarrow] = {};
  for (int first = 0; first < ws.c; first += 4 * kQuads) {
    const int quads = ws.c - first < 4 * kQuads ? (ws.c - first) / 4 : kQuads;  // 8 or 4
    if (first > 0) __syncthreads();
    // Neighbouring lanes read neighbouring quads of a pixel, several pixels at a time.
    const int log = quads == kQuads ? 3 : 2, quad = thread & (quads - 1), step = kThreads >> log;
    for (int begin = thread >> log; begin < P::kHeight * P::kWidth; begin += kBatch * step) {
      Floats<4> value[kBatch];
#pragma unroll
      for (int b = 0; b < kBatch; ++b) {
        const int i = begin + b * step;
        const int h = tile.row - padding + i / P::kWidth, w = tile.column - padding + i % P::kWidth;
        const bool inside = i < P::kHeight * P::kWidth && h >= 0 && h < ws.h && w >= 0 && w < ws.w;
        value[b] = picture.template load_if<4>(inside, (Index{h} * ws.w + w) * ws.c + first + quad * 4);
      }
#pragma unroll
      for (int b = 0; b < kBatch; ++b)
        if (const int i = begin + b * step; i < P::kHeight * P::kWidth)
          pixels[quad * P::kSize + P::at(i / P::kWidth, i % P::kWidth)] = {value[b][0], value[b][1],
                                                                           value[b][2], value[b][3]};
    }
    if (turned) {  // (C, R, S, 3)
      constexpr int kLine = kWindow * kNarrow;
      each_weight_vector<3>(
          weights, quads * kLine, [&](int i) { return Index{first} * kLine + i * 4; },
          [&](int i, const Quad& value) {
#pragma unroll
            for (int e = 0; e < 4; ++e) {
              const int c = (i * 4 + e) / kLine, at = (i * 4 + e) % kLine;
              const int tap = kWindow - 1 - at / kNarrow;
              taps[(c / 4 * kWindow + tap) * kNarrow + at % kNarrow].v[c % 4] = value[e];
            }
          });
    } else {  // (3, R, S, C)
      each_weight_vector<3>(
          weights, kNarrow * kWindow * quads,
          [&](int i) { return Index{i >> log} * ws.c + first + (i & (quads - 1)) * 4; },
          [&](int i, const Quad& value) {
            const int line = i >> log;
            taps[((i & (quads - 1)) * kWindow + line % kWindow) * kNarrow + line / kWindow] = value;
          });
    }
    __syncthreads();
    if (warp >= quads) continue;
    for (int r = 0; r < kTaps; ++r) {
      const Quad* const from = pixels + warp * P::kSize + P::at(row + r, run * kRun);
      Quad x[kRun + kTaps - 1];
#pragma unroll
      for (int j = 0; j < kRun + kTaps - 1; ++j) x[j] = from[j + j / kRun];
#pragma unroll
      for (int s = 0; s < kTaps; ++s)
#pragma unroll
        for (int k = 0; k < kNarrow; ++k) {
          const Quad tap = taps[(warp * kWindow + r * kTaps + s) * kNarrow + k];
#pragma unroll
          for (int c = 0; c < 4; ++c)
#pragma unroll
            for (int j = 0; j < kRun; ++j) sum[j][k] += x[j + s][c] * tap[c];
        }
    }
  }

  // The warps' sums, in their order.
  constexpr int kOutputs = kRows * kTileWidth * kNarrow;
  __syncthreads();
#pragma unroll
  for (int j = 0; j < kRun; ++j)
#pragma unroll
    for (int k = 0; k < kNarrow; ++k) sums[warp * kOutputs + (lane * kRun + j) * kNarrow + k] = sum[j][k];
  __syncthreads();
  for (int o = thread; o < kOutputs; o += kThreads) {
    const int i = tile.row + o / (kTileWidth * kNarrow), at = o % (kTileWidth * kNarrow);
    if (i >= ns.h || tile.column + at / kNarrow >= ns.w) continue;
    float value = 0;
#pragma unroll
    for (int part = 0; part < kQuads; ++part) value += sums[part * kOutputs + o];
    narrow.write(((Index{tile.n} * ns.h + i) * ns.w + tile.column) * kNarrow + at, value);
  }
}

template <int kTaps>
void launch_scalar(View narrow, ConstView wide, ConstView w, bool turned, int padding, const Context& ctx) {
  using T = float;
  const TileGrid grid(narrow.shape, kRows);
  constexpr std::size_t kShared = 16 * (kQuads * (Plane<kTaps>::kSize + kTaps * kTaps * kNarrow));
  launch("correlate_to_three", to_three_kernel<kTaps>,
         {.grid = static_cast<unsigned>(grid.count), .threads = kThreads, .shared_bytes = kShared}, ctx,
         global<float>(narrow), narrow.shape, global<float>(wide), wide.shape, global<T>(w), turned, padding,
         grid);
}

}  // namespace

void correlate_to_three(View narrow, ConstView wide, ConstView w, bool turned, int padding,
                        const Context& ctx) {
  with_taps(w.shape.h, [&]<int kTaps>(std::integral_constant<int, kTaps>) {
    if (narrow.dtype == DType::Float32) {
      launch_scalar<kTaps>(narrow, wide, w, turned, padding, ctx);
      return;
    }
    with_group(wide.shape.c, [&]<int kChannels>(std::integral_constant<int, kChannels>) {
      launch_matrix<kTaps, kChannels>(narrow, wide, w, turned, padding, ctx);
    });
  });
}

}  // namespace bauta::BAUTA_BACKEND
