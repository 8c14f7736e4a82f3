#include "kernels/random.h"

#include <cmath>
#include <numbers>

#include "kernels/parallel_cpu.h"

namespace bauta::BAUTA_BACKEND {

void random_normal(View y, const RandomStream* stream, float mean, float deviation, const Context& ctx) {
  BAUTA_CHECK(stream != nullptr, "there is no stream");
  BAUTA_CHECK(deviation >= 0, "the deviation is ", deviation);
  static_assert(kChunk % 4 == 0, "ranges begin at a block's first number");
  parallel_ranges(count_of(y.shape), ctx, [=, numbers = *stream](Index begin, Index end) {
    for (Index i = begin; i < end; i += 4) {
      const auto words = numbers.block(static_cast<std::uint64_t>(i / 4));
      float normal[4];
      for (unsigned pair = 0; pair < 4; pair += 2) {
        // In (0, 1], never 0: its logarithm is finite.
        const float u = static_cast<float>(words[pair]) * 0x1p-32f + 0x1p-33f;
        const float angle = static_cast<float>(words[pair + 1]) * (0x1p-31f * std::numbers::pi_v<float>);
        const float radius = std::sqrt(-2.0f * std::log(u));
        normal[pair] = radius * std::cos(angle);
        normal[pair + 1] = radius * std::sin(angle);
      }
      // A product of two floats is exact in double, so this rounds the same with and without fused
      // multiply-add: every backend draws the same bits.
      for (Index k = 0; k < smaller(4, end - i); ++k)
        y.floats()[i + k] = static_cast<float>(
            static_cast<double>(mean) + static_cast<double>(deviation) * static_cast<double>(normal[k]));
    }
  });
}

void random_uniform(View y, const RandomStream* stream, const Context& ctx) {
  BAUTA_CHECK(stream != nullptr, "there is no stream");
  parallel_ranges(count_of(y.shape), ctx, [=, numbers = *stream](Index begin, Index end) {
    for (Index i = begin; i < end; ++i)
      y.floats()[i] = static_cast<float>(numbers.uniform(static_cast<std::uint64_t>(i)));
  });
}

}  // namespace bauta::BAUTA_BACKEND
