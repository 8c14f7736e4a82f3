// Sums of products of bytes, of the kinds that 16-bit integers cut in two need: in AMX's tiles, of
// which each thread has eight; elsewhere the same, computed plainly: slow, for tests.
//
//   high += a.high b.high     middle += a.high b.low     middle_too += a.low b.high     low += a.low b.low
//
// High bytes have a sign, low ones have none. A tile of a has 16 rows of 64 bytes, of b 16 rows of 16
// columns, four bytes of one column to a word; sums are 32 bits, and wrap around.
#pragma once

#include <cstddef>
#include <cstdint>
#ifdef __AMX_INT8__
#include <immintrin.h>
#endif

namespace bauta::BAUTA_BACKEND {
namespace {

using Index = std::ptrdiff_t;

class ByteTiles {
 public:
  static constexpr Index kSide = 16;  // rows, words of a row
  struct Sums {
    alignas(64) std::uint32_t high[kSide][kSide], middle[kSide][kSide],
        middle_too[kSide][kSide], low[kSide][kSide];
  };

#ifdef __AMX_INT8__
  // Tiles 0 to 2 and 7: sums, the middle ones in two, or each product would wait for the one before; 3 and 4:
  // a; 5 and 6: b.
  ByteTiles() {
    struct alignas(64) Shape {
      std::uint8_t palette = 1, start_row = 0, none[14] = {};
      std::uint16_t row_bytes[16] = {64, 64, 64, 64, 64, 64, 64, 64};
      std::uint8_t rows[16] = {16, 16, 16, 16, 16, 16, 16, 16};
    };
    static constexpr Shape kShape{};
    static_assert(sizeof kShape == 64);
    _tile_loadconfig(&kShape);
  }
  ~ByteTiles() { _tile_release(); }
  void clear() {
    _tile_zero(0);
    _tile_zero(1);
    _tile_zero(2);
    _tile_zero(7);
  }
  // Of a and b the high bytes' first words, the words from there to the low bytes', and from row to row.
  void add_products(const float* a, Index a_low, Index a_pitch, const float* b, Index b_low, Index b_pitch) {
    asm volatile("" ::: "memory");  // the compiler does not know that tiles are loaded from memory
    _tile_loadd(3, a, 4 * a_pitch);
    _tile_loadd(4, a + a_low, 4 * a_pitch);
    _tile_loadd(5, b, 4 * b_pitch);
    _tile_loadd(6, b + b_low, 4 * b_pitch);
    _tile_dpbssd(0, 3, 5);
    _tile_dpbsud(1, 3, 6);
    _tile_dpbusd(7, 4, 5);
    _tile_dpbuud(2, 4, 6);
  }
  Sums sums() {
    Sums sums;
    _tile_stored(0, sums.high, 64);
    _tile_stored(1, sums.middle, 64);
    _tile_stored(2, sums.low, 64);
    _tile_stored(7, sums.middle_too, 64);
    return sums;
  }
#else
  ByteTiles() = default;
  void clear() { sums_ = {}; }
  void add_products(const float* a, Index a_low, Index a_pitch, const float* b, Index b_low, Index b_pitch) {
    add<std::int8_t, std::int8_t>(sums_.high, a, a_pitch, b, b_pitch);
    add<std::int8_t, std::uint8_t>(sums_.middle, a, a_pitch, b + b_low, b_pitch);
    add<std::uint8_t, std::int8_t>(sums_.middle_too, a + a_low, a_pitch, b, b_pitch);
    add<std::uint8_t, std::uint8_t>(sums_.low, a + a_low, a_pitch, b + b_low, b_pitch);
  }
  const Sums& sums() const { return sums_; }

 private:
  template <class OfA, class OfB>
  static void add(std::uint32_t (&sums)[kSide][kSide], const float* a, Index a_pitch, const float* b,
                  Index b_pitch) {
    for (Index row = 0; row < kSide; ++row)
      for (Index word = 0; word < kSide; ++word) {
        const auto* const of_a = reinterpret_cast<const OfA*>(a + row * a_pitch + word);
        const auto* const of_b = reinterpret_cast<const OfB*>(b + word * b_pitch);
        for (Index column = 0; column < kSide; ++column)
          for (Index byte = 0; byte < 4; ++byte)
            sums[row][column] += static_cast<std::uint32_t>(int{of_a[byte]} * int{of_b[4 * column + byte]});
      }
  }

  Sums sums_;
#endif

  ByteTiles(const ByteTiles&) = delete;  // a thread has but these
  ByteTiles& operator=(const ByteTiles&) = delete;
};

}  // namespace
}  // namespace bauta::BAUTA_BACKEND
