// Mosaicking of a box in each picture, and pasting a box of one picture into another.
//
//   mosaic      inside the box: y = mean of x over the pixel's block, a channel at a time; outside: y = x.
//               The grid of blocks starts at the box's top left corner; the last row and column are cut by
//               the box. A projection equal to its own transpose, so it is its own adjoint: dx = mosaic(dy).
//   box_select  y = inside in the box, outside elsewhere; a view without data counts as zeros.
//
// Views (N,H,W,C) stored alike, one box an image: boxes[n], in the backend's memory. A box may reach beyond
// the picture: what lies outside is cut off. y may be x, inside or outside. block >= 1, or CheckError on the
// CPU; on a card, which cannot look before it starts, it counts as 1. Paper section 4.3: block = min(M, N) /
// 20 of an M x N box.
#pragma once

#include <span>

#include "kernels/launcher.h"

namespace bauta {

struct MosaicBox {
  int x = 0, y = 0, width = 0, height = 0;  // pixels; an empty box leaves the picture as it is
  int block = 1;                            // side of a block, pixels

  constexpr bool operator==(const MosaicBox&) const = default;
};

namespace BAUTA_BACKEND {

void mosaic(View y, ConstView x, std::span<const MosaicBox> boxes, const Context& ctx);
void box_select(View y, ConstView inside, ConstView outside, std::span<const MosaicBox> boxes,
                const Context& ctx);

}  // namespace BAUTA_BACKEND
}  // namespace bauta
