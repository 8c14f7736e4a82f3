// Rows of integers of 16 bits by AMX, whose tiles multiply bytes: each integer is 256 high + low, low from 0
// to 255, and a row has its high bytes and then its low ones, four to a word.
//
//   a b = 65536 (high high) + 256 (high low + low high) + low low
//
// Four products of bytes for one of 16 bits, 16 rows by 16 columns by 64 numbers in 16 cycles each: up to
// 256 of 16 bits a cycle, where vdpwssd has 64. What wraps around 32 bits on the way comes right in the sum,
// which does not. Intel, "Architecture Instruction Set Extensions Programming Reference", TDPBSSD and its
// like.
#pragma once

#include "kernels/byte_tiles.h"
#include "kernels/integer_rows.h"

namespace bauta::BAUTA_BACKEND {
namespace {

struct ByteRows {
  static constexpr Index kTogether = 4, kRows = ByteTiles::kSide;
  static constexpr Index words(Index numbers) { return 2 * half(numbers); }

  static void put_row(float* to, const float* row, float factor, Index count) {
    using Bytes [[gnu::vector_size(kLanes), gnu::aligned(1), gnu::may_alias]] = std::uint8_t;
    auto* const high = reinterpret_cast<std::uint8_t*>(to);
    auto* const low = reinterpret_cast<std::uint8_t*>(to + half(count));
    for (Index i = 0; i < kTogether * half(count); i += kLanes) {
      const Integers integers =
          i < count ? to_integers(load(row + i), Vector{} + factor) : Integers{};  // zeros to the tile's end
      *reinterpret_cast<Bytes*>(high + i) = __builtin_convertvector(integers >> 8, Bytes);
      *reinterpret_cast<Bytes*>(low + i) = __builtin_convertvector(integers, Bytes);
    }
  }
  static constexpr Index steps(Index numbers) { return half(numbers); }
  static void put_columns(float* to, Index pitch, Index words, Index step,
                          const Integers (&numbers)[kTogether]) {
    Integers high{}, low{};
    for (unsigned i = 0; i < kTogether; ++i) {
      high |= (numbers[i] >> 8 & 0xffu) << 8 * i;
      low |= (numbers[i] & 0xffu) << 8 * i;
    }
    store(to + step * pitch, reinterpret_cast<Vector>(high));
    store(to + (words / 2 + step) * pitch, reinterpret_cast<Vector>(low));
  }

  // a has whole groups of kRows rows, of which what is beyond `rows` may be anything.
  class Products {
   public:
    void operator()(float* c, Index c_pitch, const float* a, Index a_pitch, Index rows, const float* b,
                    Index columns, Index words) {
      for (Index column = 0; column < columns; column += ByteTiles::kSide)
        for (Index row = 0; row < rows; row += kRows) {
          tiles_.clear();
          for (Index word = 0; word < words / 2; word += ByteTiles::kSide)
            tiles_.add_products(a + row * a_pitch + word, words / 2, a_pitch, b + word * columns + column,
                                words / 2 * columns, columns);
          const ByteTiles::Sums sums = tiles_.sums();
          for (Index i = 0; i < smaller(kRows, rows - row); ++i)
            store(c + (row + i) * c_pitch + column,
                  reinterpret_cast<Vector>(
                      (load_pairs(sums.high[i]) << 16) +
                      ((load_pairs(sums.middle[i]) + load_pairs(sums.middle_too[i])) << 8) +
                      load_pairs(sums.low[i])));
        }
    }

   private:
    ByteTiles tiles_;
  };

 private:
  // Words of either byte: whole tiles.
  static constexpr Index half(Index numbers) {
    return ByteTiles::kSide * ceil_div(numbers, kTogether * ByteTiles::kSide);
  }
  static_assert(kLanes == ByteTiles::kSide);
};

}  // namespace
}  // namespace bauta::BAUTA_BACKEND
