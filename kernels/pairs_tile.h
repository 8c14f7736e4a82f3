// Products of factors of 16 bits, two at a time: what newer CPUs do in one instruction, at twice float32's
// rate. Elsewhere the same bits, computed plainly: slow, for tests.
//
//   bfloat16, summed in float32:   sum = sum + a.second * b.second, rounded, + a.first * b.first, rounded
//   integers, summed in 32 bits:   sum = sum + a.second * b.second + a.first * b.first, exactly
//
// vdpbf16ps (AVX512-BF16) and vpdpwssd (AVX512-VNNI). The former rounds to the nearest, ties to even, and
// takes denormal numbers for zeros, before and after (Intel, "Architecture Instruction Set Extensions
// Programming Reference", VDPBF16PS and VCVTNEPS2BF16).
#pragma once

#include <cstdint>
#if defined(__AVX512BF16__) && defined(__AVX512VNNI__)
#include <immintrin.h>
#endif

#include "kernels/bfloat16.h"
#include "kernels/register_tile.h"

namespace bauta::BAUTA_BACKEND {
namespace {

// Two neighbours, the first in the low half, at any place where a bfloat16 may lie; and a vector of such.
using Pair [[gnu::aligned(alignof(bfloat16)), gnu::may_alias]] = std::uint32_t;
using Pairs [[gnu::vector_size(kVectorBytes), gnu::aligned(alignof(float)), gnu::may_alias]] = std::uint32_t;
constexpr Index pairs_of(Index numbers) { return ceil_div(numbers, 2); }

// Integers of 32 bits, too: sums, which wrap around.
using Integers = Pairs;
using Signed [[gnu::vector_size(kVectorBytes), gnu::may_alias]] = std::int32_t;

inline Pairs load_pairs(const Pair* from) { return *reinterpret_cast<const Pairs*>(from); }
template <class Number>
inline Pairs repeated(const Number* pair) {
  return Pairs{} + *reinterpret_cast<const Pair*>(pair);
}

#if defined(__AVX512BF16__) && defined(__AVX512VNNI__)

[[gnu::always_inline]] inline Vector add_products(Vector sum, Pairs a, Pairs b) {
  return _mm512_dpbf16_ps(sum, reinterpret_cast<__m512bh>(a), reinterpret_cast<__m512bh>(b));
}
[[gnu::always_inline]] inline Integers add_products(Integers sum, Pairs a, Pairs b) {
  return reinterpret_cast<Integers>(_mm512_dpwssd_epi32(
      reinterpret_cast<__m512i>(sum), reinterpret_cast<__m512i>(a), reinterpret_cast<__m512i>(b)));
}
[[gnu::always_inline]] inline void store_rounded(bfloat16* to, Vector value) {
  const __m256bh rounded = _mm512_cvtneps_pbh(value);
  _mm256_storeu_si256(reinterpret_cast<__m256i_u*>(to), reinterpret_cast<__m256i>(rounded));
}

#else

[[gnu::always_inline]] inline Vector without_denormals(Vector value) {
  const Pairs bits = reinterpret_cast<Pairs>(value);
  const auto denormal = (bits & 0x7f800000u) == 0;  // or zero: all ones
  return reinterpret_cast<Vector>(bits & ~(reinterpret_cast<Pairs>(denormal) & 0x7fffffffu));
}
[[gnu::always_inline]] inline Vector add_products(Vector sum, Pairs a, Pairs b) {
  const auto first = [](Pairs pairs) { return without_denormals(reinterpret_cast<Vector>(pairs << 16)); };
  const auto second = [](Pairs pairs) {
    return without_denormals(reinterpret_cast<Vector>(pairs & 0xffff0000u));
  };
  sum = without_denormals(without_denormals(sum) + second(a) * second(b));
  return without_denormals(sum + first(a) * first(b));
}
[[gnu::always_inline]] inline Integers add_products(Integers sum, Pairs a, Pairs b) {
  const auto first = [](Pairs pairs) { return reinterpret_cast<Signed>(pairs << 16) >> 16; };
  const auto second = [](Pairs pairs) { return reinterpret_cast<Signed>(pairs) >> 16; };
  return sum + reinterpret_cast<Integers>(second(a) * second(b)) +
         reinterpret_cast<Integers>(first(a) * first(b));
}
[[gnu::always_inline]] inline void store_rounded(bfloat16* to, Vector value) {
  using Halves [[gnu::vector_size(kVectorBytes / 2), gnu::aligned(alignof(bfloat16)), gnu::may_alias]] =
      std::uint16_t;
  const Pairs bits = reinterpret_cast<Pairs>(without_denormals(value));
  const Pairs none = reinterpret_cast<Pairs>((bits & 0x7fffffffu) > 0x7f800000u);  // not a number
  const Pairs nearest = (bits + 0x7fffu + (bits >> 16 & 1u)) >> 16, quiet = bits >> 16 | 0x40u;
  *reinterpret_cast<Halves*>(to) = __builtin_convertvector((nearest & ~none) | (quiet & none), Halves);
}

#endif

// Any number of numbers.
inline void round_row(bfloat16* to, const float* from, Index count) {
  Index i = 0;
  for (; i + kLanes <= count; i += kLanes) store_rounded(to + i, load(from + i));
  if (i == count) return;
  float rest[kLanes] = {};
  bfloat16 rounded[kLanes];
  for (Index j = 0; i + j < count; ++j) rest[j] = from[i + j];
  store_rounded(rounded, load(rest));
  for (Index j = 0; i + j < count; ++j) to[i + j] = rounded[j];
}

// ---- the innermost loop, as in register_tile.h, with pairs for floats
//
//   c[i][j] (+)= sum over t of a[i][2t] * b[t][j].first + a[i][2t + 1] * b[t][j].second
//
// of Numbers: bfloat16, the sums float; or std::int16_t, the sums std::int32_t, which lie in the floats'
// places.

// Rows of a tile that is so many vectors wide: as many sums as registers allow.
#ifdef BAUTA_VECTORS_OF_64_BYTES
constexpr int kMostPairRows = 12;
constexpr int pair_rows(int vectors) { return vectors <= 2 ? 12 : vectors == 3 ? 8 : 6; }
#else
constexpr int kMostPairRows = kTileRows;
constexpr int pair_rows(int) { return kTileRows; }
#endif

template <class Number>
struct SumOf;
template <>
struct SumOf<bfloat16> {
  using Type = Vector;
};
template <>
struct SumOf<std::int16_t> {
  using Type = Integers;
};

// length and pitch of the runs: in pairs, in numbers.
template <int kVectors, class Number>
void pairs_tile(float* const* c, const Number* const* a, const Runs& runs, const Pair* b, bool add) {
  constexpr int kRows = pair_rows(kVectors);
  using Sum = typename SumOf<Number>::Type;
  Sum sum[kRows][kVectors];
#pragma GCC unroll 16
  for (int i = 0; i < kRows; ++i)
#pragma GCC unroll 16
    for (int j = 0; j < kVectors; ++j)
      sum[i][j] = add ? reinterpret_cast<Sum>(load(c[i] + j * kLanes)) : Sum{};

  for (Index run = 0; run < runs.count; ++run) {
    const Number* row[kRows];
#pragma GCC unroll 16
    for (int i = 0; i < kRows; ++i) row[i] = a[i] + run * runs.pitch;
    for (Index t = 0; t < runs.length; ++t, b += kVectors * kLanes) {
      Pairs column[kVectors];
#pragma GCC unroll 16
      for (int j = 0; j < kVectors; ++j) column[j] = load_pairs(b + j * kLanes);
#pragma GCC unroll 16
      for (int i = 0; i < kRows; ++i) {
        const Pairs factor = repeated(row[i] + 2 * t);
#pragma GCC unroll 16
        for (int j = 0; j < kVectors; ++j) sum[i][j] = add_products(sum[i][j], factor, column[j]);
      }
    }
  }
#pragma GCC unroll 16
  for (int i = 0; i < kRows; ++i)
#pragma GCC unroll 16
    for (int j = 0; j < kVectors; ++j) store(c[i] + j * kLanes, reinterpret_cast<Vector>(sum[i][j]));
}

// `rows` <= pair_rows() rows and `columns` <= kPanel columns of c: what the tile computes beyond is dropped.
template <class Number>
void multiply_pairs(float* const* c, const Number* const* a, Index rows, Index columns, const Runs& runs,
                    const Pair* b, bool add) {
  const Index vectors = ceil_div(columns, kLanes), most = pair_rows(static_cast<int>(vectors));
  const bool whole = columns == vectors * kLanes;
  float spare[kMostPairRows][kPanel];
  float* to[kMostPairRows];
  const Number* from[kMostPairRows];
  for (Index i = 0; i < most; ++i) {
    to[i] = whole && i < rows ? c[i] : spare[i];
    from[i] = a[i < rows ? i : 0];
  }
  if (add && !(whole && rows == most))
    for (Index i = 0; i < most; ++i)
      for (Index j = 0; j < vectors * kLanes; ++j) spare[i][j] = i < rows && j < columns ? c[i][j] : 0;
  switch (vectors) {
    case 1:
      pairs_tile<1>(to, from, runs, b, add);
      break;
    case 2:
      pairs_tile<2>(to, from, runs, b, add);
      break;
#ifdef BAUTA_VECTORS_OF_64_BYTES
    case 3:
      pairs_tile<3>(to, from, runs, b, add);
      break;
    case 4:
      pairs_tile<4>(to, from, runs, b, add);
      break;
#endif
  }
  if (!whole)
    for (Index i = 0; i < rows; ++i)
      for (Index j = 0; j < columns; ++j) c[i][j] = spare[i][j];
}

// Two rows of a panel, `width` floats each, become one of pairs.
inline void pair_up(Pair* to, const float* first, const float* second, Index width) {
  bfloat16 low[kPanel], high[kPanel];
  for (Index j = 0; j < width; j += kLanes) {
    store_rounded(low + j, load(first + j));
    store_rounded(high + j, load(second + j));
  }
  for (Index j = 0; j < width; ++j) to[j] = low[j].bits | std::uint32_t{high[j].bits} << 16;
}

}  // namespace
}  // namespace bauta::BAUTA_BACKEND
