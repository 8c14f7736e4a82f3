// A thread draws one block of Philox, which is four numbers: two pairs by Box-Muller, written 16 (bfloat16:
// 8) bytes at once. The words are the CPU's to the bit, the numbers to the last digits of the logarithm, sine
// and cosine.
//   Floor s bytes an element, all of it written. 20 multiplications of 32 x 32 bits and one each of log,
//   sqrt, sin and cos for two numbers: on an H100 arithmetic and memory take about the same time in float32.
#include "kernels/random.h"

#include "kernels/parallel_gpu.h"

namespace bauta::BAUTA_BACKEND {

namespace {

constexpr int kNumbers = 4;  // of a block of the stream

__device__ Floats<kNumbers> normals(const std::array<std::uint32_t, kNumbers>& words, float mean,
                                    float deviation) {
  Floats<kNumbers> result;
#pragma unroll
  for (unsigned pair = 0; pair < kNumbers; pair += 2) {
    // In (0, 1], never 0: its logarithm is finite.
    const float u = static_cast<float>(words[pair]) * 0x1p-32f + 0x1p-33f;
    const float turn = static_cast<float>(words[pair + 1]) * 0x1p-31f;  // in units of pi: no costly reduction
    const float radius = sqrtf(-2.0f * logf(u));
    result.v[pair] = fmaf(deviation, radius * cospif(turn), mean);
    result.v[pair + 1] = fmaf(deviation, radius * sinpif(turn), mean);
  }
  return result;
}

template <class T>
__global__ void __launch_bounds__(kThreads)
    random_normal_kernel(Global<T> y, Index count, RandomStream stream, float mean, float deviation,
                         bool whole) {
  const Index block = Index{blockIdx.x} * kThreads + threadIdx.x, i = block * kNumbers;
  if (i >= count) return;
  const Floats<kNumbers> numbers = normals(stream.block(static_cast<std::uint64_t>(block)), mean, deviation);
  if (whole && i + kNumbers <= count) return y.store(i, numbers);
#pragma unroll
  for (int k = 0; k < kNumbers; ++k)
    if (i + k < count) y.template store<1>(i + k, {numbers[k]});
}

}  // namespace

void random_normal(View y, RandomStream stream, float mean, float deviation, const Context& ctx) {
  BAUTA_CHECK(deviation >= 0, "the deviation is ", deviation);
  const Index count = count_of(y.shape);
  with_storage(y.dtype, [&](auto* null) {
    using T = std::remove_pointer_t<decltype(null)>;
    launch("random_normal", random_normal_kernel<T>,
           {.grid = static_cast<unsigned>(divide_up(count, kNumbers * kThreads)), .threads = kThreads}, ctx,
           global<T>(y), count, stream, mean, deviation, aligned(kNumbers * sizeof(T), y.data));
  });
}

}  // namespace bauta::BAUTA_BACKEND
