// CUDA for a C++ compiler: what kernels/gpu.h includes without nvcc. No header of the toolkit is needed.
#pragma once

#include <math.h>

#include <algorithm>
#include <atomic>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <type_traits>

#include "tests/emulator/cuda_index.h"
#include "tests/emulator/emulator.h"
#include "tests/emulator/runtime.h"

#define __global__
#define __device__
#define __host__
#define __forceinline__ inline
#define __align__(bytes) __attribute__((aligned(bytes)))
#define __launch_bounds__(...)
// One for each block that runs at a time. AddressSanitizer guards plain statics but not thread-locals.
#ifdef EMULATOR_ASAN
#define __shared__ static
#else
#define __shared__ static thread_local
#endif

#define EMULATOR_HERE emulator::Site site = emulator::Site::current()

// ---- Threads together

inline void __syncthreads(EMULATOR_HERE) { emulator::barrier(false, site); }
inline int __syncthreads_count(int predicate, EMULATOR_HERE) {
  return emulator::barrier(predicate != 0, site);
}
inline int __syncthreads_or(int predicate, EMULATOR_HERE) {
  return emulator::barrier(predicate != 0, site) != 0;
}
inline int __syncthreads_and(int predicate, EMULATOR_HERE) {
  return emulator::barrier(predicate == 0, site) == 0;
}
inline void __syncwarp(unsigned mask = ~0u, EMULATOR_HERE) { emulator::sync_warp(mask, site); }
inline unsigned __ballot_sync(unsigned mask, int predicate, EMULATOR_HERE) {
  return emulator::ballot(mask, predicate != 0, site);
}
inline int __any_sync(unsigned mask, int predicate, EMULATOR_HERE) {
  return emulator::ballot(mask, predicate != 0, site) != 0;
}
inline int __all_sync(unsigned mask, int predicate, EMULATOR_HERE) {
  return emulator::ballot(mask, predicate == 0, site) == 0;
}
inline void __threadfence() { emulator::fence(); }
inline void __threadfence_block() {}

namespace emulator {

template <class T>
T shuffle_value(unsigned mask, const T& value, int source_lane, Site site) {
  static_assert(std::is_trivially_copyable_v<T> && sizeof(T) <= 8);
  std::uint64_t bits = 0;
  std::memcpy(&bits, &value, sizeof(T));
  bits = shuffle(mask, bits, source_lane, site);
  T result;
  std::memcpy(&result, &bits, sizeof(T));
  return result;
}

}  // namespace emulator

// A lane beyond its group of `width` reads itself.
template <class T>
T __shfl_sync(unsigned mask, T value, int source, int width = 32, EMULATOR_HERE) {
  const int first = emulator::lane() & ~(width - 1);
  return emulator::shuffle_value(mask, value, first + (source & (width - 1)), site);
}
template <class T>
T __shfl_xor_sync(unsigned mask, T value, int bits, int width = 32, EMULATOR_HERE) {
  const int lane = emulator::lane(), last = lane | (width - 1), source = lane ^ bits;
  return emulator::shuffle_value(mask, value, source <= last ? source : lane, site);
}
template <class T>
T __shfl_down_sync(unsigned mask, T value, unsigned delta, int width = 32, EMULATOR_HERE) {
  const int lane = emulator::lane(), last = lane | (width - 1);
  return emulator::shuffle_value(
      mask, value, delta <= static_cast<unsigned>(last - lane) ? lane + static_cast<int>(delta) : lane, site);
}
template <class T>
T __shfl_up_sync(unsigned mask, T value, unsigned delta, int width = 32, EMULATOR_HERE) {
  const int lane = emulator::lane(), first = lane & ~(width - 1);
  return emulator::shuffle_value(
      mask, value, delta <= static_cast<unsigned>(lane - first) ? lane - static_cast<int>(delta) : lane,
      site);
}

// ---- Atomics: they order nothing, as on the card

template <class T>
T atomicAdd(T* cell, std::type_identity_t<T> value) {
  return std::atomic_ref(*cell).fetch_add(value, std::memory_order_relaxed);
}
template <class T>
T atomicCAS(T* cell, std::type_identity_t<T> expected, std::type_identity_t<T> desired) {
  std::atomic_ref(*cell).compare_exchange_strong(expected, desired, std::memory_order_relaxed);
  return expected;
}
template <class T>
T atomicExch(T* cell, std::type_identity_t<T> value) {
  return std::atomic_ref(*cell).exchange(value, std::memory_order_relaxed);
}
template <class T>
T atomicMax(T* cell, std::type_identity_t<T> value) {
  const std::atomic_ref<T> reference(*cell);
  T old = reference.load(std::memory_order_relaxed);
  while (old < value && !reference.compare_exchange_weak(old, value, std::memory_order_relaxed)) {
  }
  return old;
}
template <class T>
T atomicMin(T* cell, std::type_identity_t<T> value) {
  const std::atomic_ref<T> reference(*cell);
  T old = reference.load(std::memory_order_relaxed);
  while (value < old && !reference.compare_exchange_weak(old, value, std::memory_order_relaxed)) {
  }
  return old;
}

// ---- Numbers. The C library already has fminf, expf, fmaf and their like in the global namespace.

using std::max;
using std::min;

// A template, so that a C library that has the function too is no clash.
template <class T = float>
float cospif(std::type_identity_t<T> x) {
  return std::cos(x * 3.14159265f);
}
template <class T = float>
float sinpif(std::type_identity_t<T> x) {
  return std::sin(x * 3.14159265f);
}
template <class T = float>
float rsqrtf(std::type_identity_t<T> x) {
  return 1.0f / std::sqrt(x);
}
inline float __fdividef(float a, float b) { return a / b; }
inline float __expf(float x) { return std::exp(x); }
inline float __exp10f(float x) { return std::pow(10.0f, x); }
inline float __logf(float x) { return std::log(x); }
inline float __log2f(float x) { return std::log2(x); }
inline float __powf(float x, float y) { return std::pow(x, y); }
inline float __sinf(float x) { return std::sin(x); }
inline float __cosf(float x) { return std::cos(x); }
inline void sincospif(float x, float* sine, float* cosine) {
  const double angle = 3.14159265358979323846 * static_cast<double>(x);
  *sine = static_cast<float>(std::sin(angle));
  *cosine = static_cast<float>(std::cos(angle));
}
inline float __saturatef(float x) { return x > 0.0f ? std::fmin(x, 1.0f) : 0.0f; }
inline float __fadd_rn(float a, float b) { return a + b; }
inline float __fmul_rn(float a, float b) { return a * b; }
inline float __fmaf_rn(float a, float b, float c) { return std::fma(a, b, c); }
inline float __frcp_rn(float x) { return 1.0f / x; }
inline float __fsqrt_rn(float x) { return std::sqrt(x); }
inline float __fdiv_rn(float a, float b) { return a / b; }

namespace emulator {

// Out of range goes to the nearest there is, NaN to 0, as on the card.
template <class Integer>
Integer to_integer(float whole) {
  if (std::isnan(whole)) return 0;
  if (whole >= static_cast<float>(std::numeric_limits<Integer>::max()))
    return std::numeric_limits<Integer>::max();
  if (whole <= static_cast<float>(std::numeric_limits<Integer>::min()))
    return std::numeric_limits<Integer>::min();
  return static_cast<Integer>(whole);
}

}  // namespace emulator

inline int __float2int_rn(float x) { return emulator::to_integer<int>(std::nearbyint(x)); }
inline int __float2int_rz(float x) { return emulator::to_integer<int>(std::trunc(x)); }
inline int __float2int_rd(float x) { return emulator::to_integer<int>(std::floor(x)); }
inline int __float2int_ru(float x) { return emulator::to_integer<int>(std::ceil(x)); }
inline unsigned __float2uint_rn(float x) { return emulator::to_integer<unsigned>(std::nearbyint(x)); }
inline unsigned __float2uint_rz(float x) { return emulator::to_integer<unsigned>(std::trunc(x)); }
inline float __int2float_rn(int x) { return static_cast<float>(x); }
inline float __uint2float_rn(unsigned x) { return static_cast<float>(x); }
inline float __uint_as_float(unsigned x) { return std::bit_cast<float>(x); }
inline unsigned __float_as_uint(float x) { return std::bit_cast<unsigned>(x); }
inline float __int_as_float(int x) { return std::bit_cast<float>(x); }
inline int __float_as_int(float x) { return std::bit_cast<int>(x); }

inline int __popc(unsigned x) { return std::popcount(x); }
inline int __popcll(unsigned long long x) { return std::popcount(x); }
inline int __clz(unsigned x) { return std::countl_zero(x); }
inline int __ffs(unsigned x) { return x ? std::countr_zero(x) + 1 : 0; }
inline unsigned __umulhi(unsigned a, unsigned b) { return static_cast<unsigned>(std::uint64_t{a} * b >> 32); }
inline int __mulhi(int a, int b) { return static_cast<int>(std::int64_t{a} * b >> 32); }

template <class T>
T __ldg(const T* pointer) {
  return *pointer;
}

#undef EMULATOR_HERE
