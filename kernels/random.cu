// A thread draws four numbers and writes them at once, 16 (bfloat16: 8) bytes. The stream is read by a warp
// in one access.
//   Floor s bytes an element, all of it written.
// random_normal: four numbers are one block of Philox, two pairs by Box-Muller. The words are the CPU's to
// the bit, the numbers to the last digits of the logarithm, sine and cosine. 20 multiplications of 32 x 32
// bits and one each of log, sqrt, sin and cos for two numbers: on an H100 arithmetic and memory take about
// the same time in float32. random_uniform: a block for each number, as the CPU's host code draws them one by
// one, and to the bit. Used for a number or two a picture: its arithmetic does not matter.
#include "kernels/random.h"

#include "kernels/parallel_gpu.h"

namespace bauta::BAUTA_BACKEND {

namespace {

constexpr int kNumbers = 4;  // of a thread: elements first...first + 3, first a multiple of 4

struct Normals {
  float mean, deviation;

  __device__ Floats<kNumbers> operator()(const RandomStream& stream, Index first) const {
    const auto words = stream.block(static_cast<std::uint64_t>(first / kNumbers));
    Floats<kNumbers> result;
#pragma unroll
    for (unsigned pair = 0; pair < kNumbers; pair += 2) {
      // In (0, 1], never 0: its logarithm is finite.
      const float u = static_cast<float>(words[pair]) * 0x1p-32f + 0x1p-33f;
      const float turn =
          static_cast<float>(words[pair + 1]) * 0x1p-31f;  // in units of pi: no costly reduction
      const float radius = sqrtf(-2.0f * logf(u));
      result.v[pair] = fmaf(deviation, radius * cospif(turn), mean);
      result.v[pair + 1] = fmaf(deviation, radius * sinpif(turn), mean);
    }
    return result;
  }
};

struct Uniforms {
  __device__ Floats<kNumbers> operator()(const RandomStream& stream, Index first) const {
    Floats<kNumbers> result;
#pragma unroll
    for (int k = 0; k < kNumbers; ++k)
      result[k] = static_cast<float>(stream.uniform(static_cast<std::uint64_t>(first + k)));
    return result;
  }
};

template <class T, class Numbers>
__global__ void __launch_bounds__(kThreads)
    random_kernel(Global<T> y, Index count, const RandomStream* stream, Numbers numbers, bool whole) {
  const RandomStream here = read_by_warp(stream);
  const Index i = (Index{blockIdx.x} * kThreads + threadIdx.x) * kNumbers;
  if (i >= count) return;
  const Floats<kNumbers> drawn = numbers(here, i);
  if (whole && i + kNumbers <= count) return y.store(i, drawn);
#pragma unroll
  for (int k = 0; k < kNumbers; ++k)
    if (i + k < count) y.template store<1>(i + k, {drawn[k]});
}

template <class Numbers>
void draw(const char* launcher, View y, const RandomStream* stream, const Numbers& numbers,
          const Context& ctx) {
  const Index count = count_of(y.shape);
  with_storage(y.dtype, [&](auto* null) {
    using T = std::remove_pointer_t<decltype(null)>;
    launch(launcher, random_kernel<T, Numbers>,
           {.grid = static_cast<unsigned>(divide_up(count, kNumbers * kThreads)), .threads = kThreads}, ctx,
           global<T>(y), count, stream, numbers, aligned(kNumbers * sizeof(T), y.data));
  });
}

}  // namespace

void random_normal(View y, const RandomStream* stream, float mean, float deviation, const Context& ctx) {
  BAUTA_CHECK(stream != nullptr, "there is no stream");
  BAUTA_CHECK(deviation >= 0, "the deviation is ", deviation);
  draw(__func__, y, stream, Normals{mean, deviation}, ctx);
}

void random_uniform(View y, const RandomStream* stream, const Context& ctx) {
  BAUTA_CHECK(stream != nullptr, "there is no stream");
  draw(__func__, y, stream, Uniforms{}, ctx);
}

}  // namespace bauta::BAUTA_BACKEND
