#pragma once

#include <cstdint>
#include <string>

#include "io/image.h"

namespace bauta {

// A rectangle of pixels: columns x .. x + width - 1, rows y .. y + height - 1. It may stick out of its
// picture.
struct Box {
  int x = 0;
  int y = 0;
  int width = 0;
  int height = 0;

  // Pixels in it; 0 if either side is not positive.
  std::int64_t area() const;
  bool operator==(const Box&) const = default;
};

// "88 x 90 pixels at 120, 40".
std::string to_string(const Box& box);

// What two boxes share; a box of no width and height where they share nothing.
Box intersection(const Box& a, const Box& b);

// Area of the intersection over area of the union, 0 to 1; 0 where both are empty.
double intersection_over_union(const Box& a, const Box& b);

// The part of the picture under the box, as crop() of image.h has it.
Image crop(const Image& image, const Box& box);

// Side in pixels of the mosaic's square blocks over a face box: min(width, height) / blocks, rounded half up,
// at least 1. With 20 blocks it is min(M, N) / 20 of Xu et al. 2024, §4.3. Throws std::invalid_argument
// unless blocks > 0.
int mosaic_block(const Box& face, int blocks = 20);

// `image` with the box pixelated: every block of `block` x `block` pixels has the rounded mean of its
// channels, outside the box nothing changes. The grid starts at the box's top left corner; the last row and
// column of blocks are cut by the box, and all are cut by the picture. Throws std::invalid_argument unless
// block > 0.
Image mosaic(const Image& image, const Box& box, int block);

}  // namespace bauta
