// augment: a block of threads writes kRows rows, four elements a thread and row: 16 bytes (bfloat16: 8)
// beside its neighbours'. The bytes that it needs come into shared memory first, a warp a row, 16 a lane at
// addresses that are multiples of 16; there each thread picks its own, wherever they lie: mirrored, or two by
// two where the cut is resampled. A source so much larger than y that its bytes do not fit is read where it
// lies.
//
// to_bytes: a thread takes two vectors of 16 bytes; the 4 (bfloat16: 8) bytes that become of each lie beside
// its neighbours'. A thread that wrote 16 bytes would have to read 64 of float32, apart from its neighbours'.
//
//   Floor, in bytes an element of storage s: 1 + s each; a resampled cut has as many bytes as it has.
#include "kernels/pictures.h"

#include "kernels/parallel_gpu.h"
#include "kernels/picture_bytes.h"
#include "kernels/resampling.h"

namespace bauta::BAUTA_BACKEND {

namespace {

using Byte = std::uint8_t;

constexpr int kRows = 4, kElements = 4, kPictureThreads = 128, kStage = 16 * 1024;

// A cut inside its source: what the launcher on the CPU demands.
__device__ inline PictureCut clipped(PictureCut cut, const Shape& s) {
  const auto clip = [](int& begin, int& size, int of_y, int limit) {
    if (size <= 0) size = of_y;
    if (size > limit) size = limit;
    if (begin > limit - size) begin = limit - size;
    if (begin < 0) begin = 0;
  };
  clip(cut.x, cut.cut_width, s.w, cut.width);
  clip(cut.y, cut.cut_height, s.h, cut.height);
  return cut;
}

// The bytes of a source that a block of threads needs: of `rows` rows `bytes` each, `row` apart.
struct Part {
  Global<const Byte> source;  // at the first byte
  Index row;
  unsigned misaligned;  // the first byte, beyond a multiple of 16
  int rows, bytes;

  // A row's first byte, beyond a multiple of 16.
  __device__ int offset(int r) const {
    return static_cast<int>((misaligned + static_cast<unsigned>(row) * static_cast<unsigned>(r)) % 16);
  }
  __device__ int stride() const { return (bytes + 15) / 16 * 16 + 16; }
  __device__ bool fits() const { return Index{rows} * stride() <= kStage; }

  __device__ void load(Byte* stage) const {
    const int warp = static_cast<int>(threadIdx.x) / kWarp, lane = static_cast<int>(threadIdx.x) % kWarp;
    for (int r = warp; r < rows; r += kPictureThreads / kWarp) {
      const int begin = offset(r);
      for_pieces<16>(begin, begin + bytes, lane, kWarp, [&]<int N>(std::integral_constant<int, N>, int i) {
        *reinterpret_cast<Vec<Byte, N>*>(stage + r * stride() + i) =
            source.template read_packed<N>(r * row + i - begin);
      });
    }
  }
};

// V elements of each of `rows` rows of y from row h and pixel w, channel c on. byte(row, i) gives the cut's
// bytes, i counted from pixel `left`; an Offset is wide enough for i.
template <int V, class Offset, class T, class Bytes>
__device__ void write_rows(Global<T> y, const Shape& s, const PictureCut& cut, int h, int rows, int w, int c,
                           int left, const Bytes& byte) {
  const bool resampled = cut.cut_width != s.w || cut.cut_height != s.h;
  Offset at[V], next[V];
  float weight[V];
#pragma unroll
  for (int k = 0; k < V; ++k) {
    const Tap tap(cut.mirrored ? s.w - 1 - w : w, s.w, cut.cut_width);
    at[k] = static_cast<Offset>(tap.at - left) * s.c + c;
    next[k] = static_cast<Offset>(tap.next - left) * s.c + c;
    weight[k] = tap.weight;
    if (++c == s.c) c = 0, ++w;
  }
  for (int r = 0; r < rows; ++r) {
    const Tap tap(h + r, s.h, cut.cut_height);
    Floats<V> value;
#pragma unroll
    for (int k = 0; k < V; ++k) {
      const auto line = [&](int row) { return between(byte(row, at[k]), byte(row, next[k]), weight[k]); };
      value[k] =
          from_level(resampled ? between(line(tap.at), line(tap.next), tap.weight) : byte(tap.at, at[k]));
    }
    y.store(Index{r} * s.w * s.c, value);
  }
}

// 7 blocks on a multiprocessor are enough; for more the compiler would spill registers.
template <int V, class T>
__global__ void __launch_bounds__(kPictureThreads, 7)
    augment_kernel(Global<T> y, const PictureCut* cuts, Shape s, unsigned parts) {
  constexpr int kWidth = kPictureThreads * V;
  const unsigned bands = static_cast<unsigned>((s.h - 1) / kRows + 1), band = blockIdx.x / parts,
                 n = band / bands;
  const int h = static_cast<int>(band - n * bands) * kRows, rows = s.h - h < kRows ? s.h - h : kRows;
  const Index length = Index{s.w} * s.c, begin = Index{blockIdx.x % parts} * kWidth;
  const Index end = smaller(begin + kWidth, length);
  const int mine = static_cast<int>(threadIdx.x) * V;
  const PictureCut cut = clipped(read_by_warp(cuts + n), s);

  const int first = static_cast<int>(begin / s.c), last = static_cast<int>((end - 1) / s.c);  // pixels of y
  const int within = static_cast<int>(begin - Index{first} * s.c) + mine;
  const int w = first + within / s.c, c = within % s.c;
  const bool writes = begin + mine < end;
  y = y + ((Index{n} * s.h + h) * length + begin + mine);
  if (!cut.pixels || cut.cut_width <= 0 || cut.cut_height <= 0) {
    Floats<V> black;
#pragma unroll
    for (int k = 0; k < V; ++k) black[k] = -1;
    for (int r = 0; writes && r < rows; ++r) y.store(r * length, black);
    return;
  }

  const int left = Tap(cut.mirrored ? s.w - 1 - last : first, s.w, cut.cut_width).at;
  const int right = Tap(cut.mirrored ? s.w - 1 - first : last, s.w, cut.cut_width).next;
  const int top = Tap(h, s.h, cut.cut_height).at, bottom = Tap(h + rows - 1, s.h, cut.cut_height).next;
  const Byte* const corner = cut.pixels + ((Index{cut.y} + top) * cut.width + cut.x + left) * s.c;
  const Index bytes = (Index{right} - left + 1) * s.c;
  const Part part{corner, Index{cut.width} * s.c,
                  static_cast<unsigned>(reinterpret_cast<std::uintptr_t>(corner) % 16), bottom - top + 1,
                  static_cast<int>(smaller(bytes, kStage))};
  if (bytes < kStage && part.fits()) {
    Byte* const stage = dynamic_shared<Byte>();
    part.load(stage);
    __syncthreads();
    if (writes)
      write_rows<V, int>(y, s, cut, h, rows, w, c, left, [&](int row, int i) {
        const int r = row - top;
        return static_cast<float>(stage[r * part.stride() + part.offset(r) + i]);
      });
  } else if (writes) {
    write_rows<V, Index>(y, s, cut, h, rows, w, c, left, [&](int row, Index i) {
      return static_cast<float>(part.source.read((row - top) * part.row + i));
    });
  }
}

template <int V, class T>
__global__ void __launch_bounds__(kThreads)
    to_bytes_kernel(Global<Byte> out, Global<const T> x, Index count) {
  constexpr int kVectors = 2;
  const Index first = (Index{blockIdx.x} * kVectors * kThreads + threadIdx.x) * V;
  Vec<Byte, V> bytes[kVectors] = {};
#pragma unroll
  for (int j = 0; j < kVectors; ++j)
    if (const Index i = first + j * kThreads * V; i + V <= count) {
      const Floats<V> values = x.template load<V>(i);
#pragma unroll
      for (int k = 0; k < V; ++k) bytes[j][k] = static_cast<Byte>(to_byte(values[k]));
    }
#pragma unroll
  for (int j = 0; j < kVectors; ++j) {
    const Index i = first + j * kThreads * V;
    if (i + V <= count)
      out.template write_packed<V>(i, bytes[j]);
    else  // the last elements fill no vector
      for (Index k = i; k < count; ++k) out.write(k, static_cast<Byte>(to_byte(x.template load<1>(k)[0])));
  }
}

}  // namespace

void augment(View y, std::span<const PictureCut> source, const Context& ctx) {
  const Shape s = y.shape;
  BAUTA_CHECK(static_cast<Index>(source.size()) == s.n, "there are ", source.size(), " sources, y is ", s);
  const Index length = Index{s.w} * s.c;
  with_storage(y.dtype, [&](auto* null) {
    using T = std::remove_pointer_t<decltype(null)>;
    const auto run = [&]<int V>(std::integral_constant<int, V>) {
      const Index parts = divide_up(length, kPictureThreads * V);
      launch("augment", augment_kernel<V, T>,
             {.grid = static_cast<unsigned>(s.n * divide_up(s.h, kRows) * parts),
              .threads = kPictureThreads,
              .shared_bytes = kStage},
             ctx, global<T>(y), source.data(), s, static_cast<unsigned>(parts));
    };
    if (aligned(kElements * sizeof(T), y.data) && length % kElements == 0)
      run(std::integral_constant<int, kElements>());
    else
      run(std::integral_constant<int, 1>());
  });
}

void to_bytes(std::uint8_t* out, ConstView x, const Context& ctx) {
  const Index count = count_of(x.shape);
  with_storage(x.dtype, [&](auto* null) {
    using T = std::remove_pointer_t<decltype(null)>;
    const auto run = [&]<int V>(std::integral_constant<int, V>) {
      launch("to_bytes", to_bytes_kernel<V, T>,
             {.grid = static_cast<unsigned>(divide_up(count, 2 * kThreads * V)), .threads = kThreads}, ctx,
             out, global<T>(x), count);
    };
    if (aligned(16, x.data) && aligned(kWidest<T>, out))
      run(std::integral_constant<int, kWidest<T>>());
    else
      run(std::integral_constant<int, 1>());
  });
}

}  // namespace bauta::BAUTA_BACKEND
