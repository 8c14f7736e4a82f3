// Whether a machine's tiles multiply as byte_tiles.h says: compiled for cpu_avx512_amx, which is not taken
// without, and, emulated, for tests.
#include <initializer_list>

#include "kernels/byte_tiles.h"

namespace bauta::BAUTA_BACKEND {

bool tiles_multiply();

bool tiles_multiply() {
  constexpr Index kSide = ByteTiles::kSide, kRow = 4 * kSide;
  alignas(64) std::uint8_t a[2][kSide][kRow], b[2][kSide][kRow];  // high bytes, low bytes
  std::uint32_t random = 1;
  for (auto* bytes : {&a, &b})
    for (auto& half : *bytes)
      for (auto& row : half)
        for (std::uint8_t& byte : row)
          byte = static_cast<std::uint8_t>((random = random * 1664525 + 1013904223) >> 24);
  const auto product = [&](Index row, Index column, bool a_is_high, bool b_is_high) {
    std::uint32_t sum = 0;
    for (Index i = 0; i < kRow; ++i) {
      const std::uint8_t of_a = a[a_is_high ? 0 : 1][row][i],
                         of_b = b[b_is_high ? 0 : 1][i / 4][4 * column + i % 4];
      const int x = a_is_high ? static_cast<std::int8_t>(of_a) : of_a,
                y = b_is_high ? static_cast<std::int8_t>(of_b) : of_b;
      sum += static_cast<std::uint32_t>(x * y);
    }
    return sum;
  };

  ByteTiles tiles;
  tiles.clear();
  for (int i = 0; i < 2; ++i)
    tiles.add_products(reinterpret_cast<const float*>(a), kSide * kSide, kSide,
                       reinterpret_cast<const float*>(b), kSide * kSide, kSide);
  const ByteTiles::Sums sums = tiles.sums();
  for (Index row = 0; row < kSide; ++row)
    for (Index column = 0; column < kSide; ++column)
      if (sums.high[row][column] != 2 * product(row, column, true, true) ||
          sums.middle[row][column] + sums.middle_too[row][column] !=
              2 * (product(row, column, true, false) + product(row, column, false, true)) ||
          sums.low[row][column] != 2 * product(row, column, false, false))
        return false;
  return true;
}

}  // namespace bauta::BAUTA_BACKEND
