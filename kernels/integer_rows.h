// Rows of integers of 16 bits, and their products summed in 32 bits: exactly, so that however they lie and
// whatever multiplies them the sums are the same, bit for bit.
//
//   PairRows    two neighbours in a word of 32 bits, multiplied by vdpwssd (pairs_tile.h)
//
// A row of a, and of b each column, is a run of words; b's columns lie side by side, a panel's words in rows.
#pragma once

#include "kernels/pairs_tile.h"

namespace bauta::BAUTA_BACKEND {
namespace {

constexpr float kRowLength = 32000;

// To integers, to the nearest, ties to even: in 1.5 * 2^23 + i the lowest bits are i. |value * factor| <
// 2^22.
[[gnu::always_inline]] inline Integers to_integers(Vector value, Vector factor) {
  constexpr float kUnits = 0x1.8p23f;
  return reinterpret_cast<Integers>(value * factor + kUnits) - std::bit_cast<std::uint32_t>(kUnits);
}
[[gnu::always_inline]] inline Vector to_floats(Integers integers) {
  return __builtin_convertvector(reinterpret_cast<Signed>(integers), Vector);
}

// What makes a row of that sum of squares as long as kRowLength, and back.
struct RowFactor {
  float to_row, back;
  explicit RowFactor(float squares) {
    const float length = __builtin_sqrtf(squares);
    to_row = squares > 0 ? kRowLength / length : 0;
    back = length / kRowLength;
  }
};

inline float sum_of_squares(const float* row, Index count) {
  Vector squares{};
  for (Index i = 0; i < count; i += kLanes) squares += load(row + i) * load(row + i);
  float sum = 0;
  for (int lane = 0; lane < kLanes; ++lane) sum += squares[lane];
  return sum;
}

struct PairRows {
  static constexpr Index kTogether = 2;                     // numbers of a word
  static constexpr Index kRows = pair_rows(kPanelVectors);  // of a, multiplied together
  static constexpr Index words(Index numbers) { return pairs_of(numbers); }

  // Whole vectors of numbers, made integers by the factor, as a row of a.
  static void put_row(float* to, const float* row, float factor, Index count) {
    using Halves [[gnu::vector_size(kVectorBytes / 2), gnu::aligned(alignof(float)), gnu::may_alias]] =
        std::uint16_t;
    for (Index i = 0; i < count; i += kLanes)
      *reinterpret_cast<Halves*>(to + i / 2) =
          __builtin_convertvector(to_integers(load(row + i), Vector{} + factor), Halves);
  }
  // Numbers kTogether * step and on of a vector of b's columns; `pitch` words from row to row.
  static constexpr Index steps(Index numbers) { return words(numbers); }
  static void put_columns(float* to, Index pitch, Index /* words */, Index step,
                          const Integers (&numbers)[kTogether]) {
    store(to + step * pitch, reinterpret_cast<Vector>((numbers[0] & 0xffffu) | numbers[1] << 16));
  }

  // c = a b: `rows` rows, `columns` of a panel; pitches in words. For one thread, as long as it works.
  struct Products {
    void operator()(float* c, Index c_pitch, const float* a, Index a_pitch, Index rows, const float* b,
                    Index columns, Index words) const {
      const Index most = pair_rows(static_cast<int>(ceil_div(columns, kLanes)));
      for (Index row = 0; row < rows; row += most) {
        const Index wanted = smaller(most, rows - row);
        const std::int16_t* from[kMostPairRows];
        float* to[kMostPairRows];
        for (Index i = 0; i < wanted; ++i) {
          from[i] = reinterpret_cast<const std::int16_t*>(a + (row + i) * a_pitch);
          to[i] = c + (row + i) * c_pitch;
        }
        multiply_pairs(to, from, wanted, columns, {.length = words}, reinterpret_cast<const Pair*>(b), false);
      }
    }
  };
};

}  // namespace
}  // namespace bauta::BAUTA_BACKEND
