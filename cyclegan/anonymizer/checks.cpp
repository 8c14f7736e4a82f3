#include "cyclegan/anonymizer/checks.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <stdexcept>

namespace bauta {
namespace {

using Colour = std::array<int, 3>;

// The box's mean, rounded as a mosaic's.
Colour mean_of(const Image& image, const Box& box) {
  std::array<std::int64_t, 3> sum{};
  for (int y = box.y; y < box.y + box.height; ++y) {
    const std::uint8_t* pixel = image.at(box.x, y);
    for (int x = 0; x < box.width; ++x, pixel += 3)
      for (std::size_t c = 0; c < 3; ++c) sum[c] += pixel[c];
  }
  Colour mean{};
  for (std::size_t c = 0; c < 3; ++c) mean[c] = static_cast<int>((sum[c] + box.area() / 2) / box.area());
  return mean;
}

// Sums over pixels and channels of what a mosaic takes away (`detail`), and of what was written beside it.
struct Differences {
  std::int64_t deviation = 0, distance = 0;  // of the pixels written from their own mean, and the clear one
  std::int64_t product = 0, square = 0;      // of clear and written detail; of clear detail

  void add_block(const Image& clear, const Image& written, const Box& block) {
    const Colour clear_mean = mean_of(clear, block), written_mean = mean_of(written, block);
    for (int y = block.y; y < block.y + block.height; ++y) {
      const std::uint8_t *p = clear.at(block.x, y), *q = written.at(block.x, y);
      for (int x = 0; x < block.width; ++x, p += 3, q += 3)
        for (std::size_t c = 0; c < 3; ++c) {
          const int clear_detail = p[c] - clear_mean[c], written_detail = q[c] - written_mean[c];
          deviation += std::abs(written_detail);
          distance += std::abs(q[c] - clear_mean[c]);
          product += clear_detail * written_detail;
          square += clear_detail * clear_detail;
        }
    }
  }

  // The factor before the clear detail that comes nearest to the written one, least squares; its sign does
  // not matter, as a face is recognized in the negative too.
  double kept_detail() const {
    return square == 0 ? 0 : std::abs(static_cast<double>(product)) / static_cast<double>(square);
  }
};

// Calls part(box) for each square of `side` pixels in the box, on the grid from its corner, cut by its other
// borders.
template <class Part>
void for_parts(const Box& box, int side, const Part& part) {
  for (int y = 0; y < box.height; y += side)
    for (int x = 0; x < box.width; x += side)
      part(Box{box.x + x, box.y + y, std::min(side, box.width - x), std::min(side, box.height - y)});
}

}  // namespace

bool FaceCheck::face_hidden() const {
  return deviation <= kMostDeviation && distance <= kMostDistance && kept_detail <= kMostKeptDetail;
}

FaceCheck check_face(const Image& clear, const Image& written, const Box& face, int block) {
  if (clear.width != written.width || clear.height != written.height || block < 1)
    throw std::invalid_argument("check_face: the pictures differ in size, or a block has no pixel");
  if (face.area() == 0 || intersection(face, {0, 0, clear.width, clear.height}) != face)
    throw std::invalid_argument("check_face: the face is not in the pictures");
  const std::int64_t longest = std::max(face.width, face.height);
  const int tile_side = static_cast<int>(std::min(longest, std::int64_t{kTileBlocks} * block));
  FaceCheck check;
  Differences all;
  for_parts(face, tile_side, [&](const Box& tile) {
    Differences here;
    for_parts(tile, block, [&](const Box& part) { here.add_block(clear, written, part); });
    const double samples = 3.0 * static_cast<double>(tile.area());
    check.deviation = std::max(check.deviation, static_cast<double>(here.deviation) / samples);
    check.distance = std::max(check.distance, static_cast<double>(here.distance) / samples);
    all.product += here.product;
    all.square += here.square;
  });
  check.kept_detail = block == 1 ? std::numeric_limits<double>::infinity() : all.kept_detail();
  return check;
}

}  // namespace bauta
