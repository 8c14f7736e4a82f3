#include "cyclegan/anonymizer/checks.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <stdexcept>

namespace bauta {
namespace {

// Mean of |a - b| in the square tile of `side` pixels from (x, y), cut by the pictures.
double mean_difference(const Image& a, const Image& b, int x, int y, int side) {
  const int right = std::min(a.width, x + side), bottom = std::min(a.height, y + side);
  std::int64_t sum = 0;
  for (int row = y; row < bottom; ++row) {
    const std::uint8_t *p = a.at(x, row), *q = b.at(x, row);
    for (int i = 0; i < 3 * (right - x); ++i) sum += std::abs(p[i] - q[i]);
  }
  return static_cast<double>(sum) / (3.0 * (right - x) * (bottom - y));
}

double largest_tile_difference(const Image& a, const Image& b, int side) {
  double largest = 0;
  for (int y = 0; y < a.height; y += side)
    for (int x = 0; x < a.width; x += side) largest = std::max(largest, mean_difference(a, b, x, y, side));
  return largest;
}

// The factor before the clear detail that comes nearest to the written one, least squares; its sign does not
// matter, as a face is recognized in the negative too.
double detail_kept(const Image& clear, const Image& clear_mosaic, const Image& written,
                   const Image& written_mosaic) {
  std::int64_t product = 0, square = 0;
  for (std::size_t i = 0; i < clear.pixels.size(); ++i) {
    const int detail = clear.pixels[i] - clear_mosaic.pixels[i];
    product += detail * (written.pixels[i] - written_mosaic.pixels[i]);
    square += detail * detail;
  }
  return square == 0 ? 0 : std::abs(static_cast<double>(product)) / static_cast<double>(square);
}

}  // namespace

bool FaceCheck::face_hidden() const {
  return deviation <= kMostDeviation && distance <= kMostDistance && kept_detail <= kMostKeptDetail;
}

FaceCheck check_face(const Image& clear, const Image& written, const Box& face, int block) {
  if (clear.width != written.width || clear.height != written.height || block < 1)
    throw std::invalid_argument("check_face: the pictures differ in size, or a block has no pixel");
  const auto cut = [&face](const Image& photo) {
    return crop(photo, face.x, face.y, face.width, face.height);
  };
  const Box all{0, 0, face.width, face.height};
  const Image before = cut(clear), after = cut(written);
  const Image before_mosaic = mosaic(before, all, block), after_mosaic = mosaic(after, all, block);
  const std::int64_t longest = std::max(face.width, face.height);
  const int tile = static_cast<int>(std::min(longest, std::int64_t{kTileBlocks} * block));
  FaceCheck check{largest_tile_difference(after, after_mosaic, tile),
                  largest_tile_difference(after, before_mosaic, tile),
                  detail_kept(before, before_mosaic, after, after_mosaic)};
  if (block == 1) check.kept_detail = std::numeric_limits<double>::infinity();
  return check;
}

}  // namespace bauta
