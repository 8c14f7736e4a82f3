// A multiply-add takes some cycles until its sum can be added to again, so a loop keeps many sums, each in a
// register of its own: twelve are enough for two units of five cycles, and fit into the sixteen registers
// that AVX2 and SSE have.
#include <cstring>

#include "bench/arithmetic.h"

#ifdef __AVX512F__
#include <immintrin.h>
#endif

namespace bauta::BAUTA_BACKEND {

extern const InstructionSet arithmetic;

namespace {

constexpr int kSums = 12, kBytes =
#if defined(__AVX512F__)
                              64;
#elif defined(__AVX__)
                              32;
#else
                              16;
#endif
typedef float Vector __attribute__((vector_size(kBytes)));
constexpr int kLanes = kBytes / 4;

// Without it the compiler could carry out the loop's first rounds itself.
[[gnu::always_inline]] inline void hide(Vector& value) { asm volatile("" : "+x"(value)); }

[[gnu::always_inline]] inline float total(const Vector (&sums)[kSums]) {
  Vector all{};
  for (const Vector& sum : sums) all += sum;
  float result = 0;
  for (int i = 0; i < kLanes; ++i) result += all[i];
  return result;
}

float multiply_add(std::int64_t rounds) {
  Vector factor = Vector{} + 0.999f, term = Vector{} + 0.001f, sums[kSums];
  hide(factor), hide(term);
  for (Vector& sum : sums) sum = Vector{} + 1.0f, hide(sum);
  for (std::int64_t round = 0; round < rounds; ++round)
#pragma GCC unroll 12
    for (int i = 0; i < kSums; ++i) sums[i] = sums[i] * factor + term;
  return total(sums);
}

#ifdef __AVX512F__
[[gnu::target("avx512bf16,avx512vl")]] float dot_products(std::int64_t rounds) {
  __m512 sums[kSums];
  for (__m512& sum : sums) sum = _mm512_set1_ps(1);
  __m512bh one = _mm512_cvtne2ps_pbh(_mm512_set1_ps(1e-3f), _mm512_set1_ps(1e-3f)), other = one;
  asm volatile("" : "+x"(one), "+x"(other));
  for (std::int64_t round = 0; round < rounds; ++round)
#pragma GCC unroll 12
    for (int i = 0; i < kSums; ++i) sums[i] = _mm512_dpbf16_ps(sums[i], one, other);
  Vector plain[kSums];
  std::memcpy(plain, sums, sizeof plain);
  return total(plain);
}

ArithmeticLoop bfloat16_loop() {
  return {4.0 * kSums * kLanes, __builtin_cpu_supports("avx512bf16") ? dot_products : nullptr};
}
#else
ArithmeticLoop bfloat16_loop() { return {0, nullptr}; }
#endif

}  // namespace

#define BAUTA_QUOTED(name) #name
#define BAUTA_NAME_OF(name) BAUTA_QUOTED(name)

const InstructionSet arithmetic = {
    BAUTA_NAME_OF(BAUTA_BACKEND), BAUTA_FLAGS, {2.0 * kSums * kLanes, multiply_add}, bfloat16_loop};

}  // namespace bauta::BAUTA_BACKEND
