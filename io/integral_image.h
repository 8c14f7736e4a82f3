#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "io/grey_image.h"

namespace bauta {

// Running sums over a grey picture (Viola and Jones 2001, §2.1; tilted: Lienhart and Maydt 2002, §2.1). Entry
// (x, y) of a table, x up to width and y up to height:
//   sums          all pixels left of x and above y
//   squares       the same of the squared pixels
//   tilted        the pixels of the upward 45 degree cone whose tip is at (x, y): rows v < y, columns u with
//                 |u + 1 - x| <= y - 1 - v
// They wrap around at 2^32, which differences over a window undo.
struct IntegralImage {
  // Entries from one row to the next, for pictures of at most `max_width` pixels a row.
  explicit IntegralImage(int max_width) : stride(static_cast<std::size_t>(max_width) + 1) {}

  const std::size_t stride;
  std::vector<std::uint32_t> sums;
  std::vector<std::uint32_t> squares;
  std::vector<std::uint32_t> tilted;  // empty unless asked for

  // Fills the tables, reusing their memory.
  void compute(const GreyImage& image, bool with_tilted);
};

}  // namespace bauta
