// bfloat16 as storage: the upper half of a float. Kernels compute in float and keep what they write rounded.
#pragma once

#include <bit>
#include <cstdint>

// Functions that kernels on the card call too.
#ifdef __CUDACC__
#define BAUTA_DEVICE __host__ __device__
#else
#define BAUTA_DEVICE
#endif

namespace bauta {

struct bfloat16 {
  std::uint16_t bits;
};

[[gnu::always_inline]] BAUTA_DEVICE inline float to_float(float x) { return x; }
[[gnu::always_inline]] BAUTA_DEVICE inline float to_float(bfloat16 x) {
  const std::uint32_t bits = std::uint32_t{x.bits} << 16;
#ifdef __CUDA_ARCH__
  return __uint_as_float(bits);
#else
  return std::bit_cast<float>(bits);
#endif
}

template <class T>
BAUTA_DEVICE T from_float(float x);

template <>
[[gnu::always_inline]] BAUTA_DEVICE inline float from_float<float>(float x) {
  return x;
}
// To the nearest, ties to even; what is not a number stays none.
template <>
[[gnu::always_inline]] BAUTA_DEVICE inline bfloat16 from_float<bfloat16>(float x) {
#ifdef __CUDA_ARCH__
  bfloat16 result;
  asm("cvt.rn.bf16.f32 %0, %1;" : "=h"(result.bits) : "f"(x));
  return result;
#else
  const std::uint32_t bits = std::bit_cast<std::uint32_t>(x);
  if ((bits & 0x7fffffffu) > 0x7f800000u) return {static_cast<std::uint16_t>(bits >> 16 | 0x40)};
  return {static_cast<std::uint16_t>((bits + 0x7fff + (bits >> 16 & 1)) >> 16)};
#endif
}

}  // namespace bauta
