#include "kernels/image_pool.h"

#include "kernels/parallel_cpu.h"

namespace bauta::BAUTA_BACKEND {

void pool_exchange(View shown, View storage, ConstView fakes, std::span<const PoolChoice> choices,
                   const Context& ctx) {
  const Shape s = fakes.shape, pool = storage.shape;
  const PoolChoice* const choice_of = choices.data();
  const Index pictures = static_cast<Index>(choices.size());
  BAUTA_CHECK(shown.shape == s, "shown is ", shown.shape, ", fakes is ", s);
  BAUTA_CHECK(pool.h == s.h && pool.w == s.w && pool.c == s.c, "storage is ", pool, ", fakes is ", s);
  BAUTA_CHECK(pictures == s.n, "there are ", pictures, " choices, fakes is ", s);
  for (Index n = 0; n < pictures; ++n) {
    const PoolChoice choice = choice_of[n];
    BAUTA_CHECK(choice.show >= -1 && choice.show < pool.n && choice.keep >= -1 && choice.keep < pool.n,
                "picture ", n, " shows place ", choice.show, " and is kept at ", choice.keep, " of ", pool.n);
  }

  // One item a piece of every picture: what one picture leaves in the pool, the next one may find there.
  const Index size = Index{s.h} * s.w * s.c;
  parallel_for(divide_up(size, kChunk), count_of(s), ctx, [=](Index piece) {
    const Index begin = piece * kChunk, count = smaller(kChunk, size - begin);
    for (Index n = 0; n < pictures; ++n) {
      const PoolChoice choice = choice_of[n];
      const float* const fake = fakes.floats() + n * size + begin;
      const float* const seen = choice.show < 0 ? fake : storage.floats() + choice.show * size + begin;
      float* const to = shown.floats() + n * size + begin;
      if (choice.keep < 0) {
        if (to == seen) continue;
#pragma omp simd
        for (Index i = 0; i < count; ++i) to[i] = seen[i];
        continue;
      }
      float* const kept = storage.floats() + choice.keep * size + begin;
#pragma omp simd
      for (Index i = 0; i < count; ++i) {
        const float now = fake[i], before = seen[i];  // both read before either place is written
        to[i] = before;
        kept[i] = now;
      }
    }
  });
}

}  // namespace bauta::BAUTA_BACKEND
