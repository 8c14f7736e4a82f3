#include "io/box.h"

#include <algorithm>
#include <array>
#include <stdexcept>

namespace bauta {
namespace {

// Replaces one channelwise mean for all pixels of a box that lies inside the picture.
void fill_with_mean(Image& image, const Box& box) {
  std::array<std::int64_t, 3> sum{};
  for (int y = box.y; y < box.y + box.height; ++y) {
    const std::uint8_t* pixel = image.at(box.x, y);
    for (int x = 0; x < box.width; ++x, pixel += 3) {
      for (std::size_t c = 0; c < 3; ++c) sum[c] += pixel[c];
    }
  }
  const std::int64_t count = box.area();
  std::array<std::uint8_t, 3> mean{};
  for (std::size_t c = 0; c < 3; ++c) mean[c] = static_cast<std::uint8_t>((sum[c] + count / 2) / count);
  for (int y = box.y; y < box.y + box.height; ++y) {
    std::uint8_t* pixel = image.at(box.x, y);
    for (int x = 0; x < box.width; ++x, pixel += 3) std::copy(mean.begin(), mean.end(), pixel);
  }
}

}  // namespace

std::int64_t Box::area() const {
  return width > 0 && height > 0 ? static_cast<std::int64_t>(width) * height : 0;
}

std::string to_string(const Box& box) {
  return std::to_string(box.width) + " x " + std::to_string(box.height) + " pixels at " +
         std::to_string(box.x) + ", " + std::to_string(box.y);
}

Box intersection(const Box& a, const Box& b) {
  // In 64 bits: a box read from a file may lie anywhere.
  const std::int64_t left = std::max(a.x, b.x);
  const std::int64_t top = std::max(a.y, b.y);
  const std::int64_t right =
      std::min(static_cast<std::int64_t>(a.x) + a.width, static_cast<std::int64_t>(b.x) + b.width);
  const std::int64_t bottom =
      std::min(static_cast<std::int64_t>(a.y) + a.height, static_cast<std::int64_t>(b.y) + b.height);
  if (right <= left || bottom <= top) return {};
  return {static_cast<int>(left), static_cast<int>(top), static_cast<int>(right - left),
          static_cast<int>(bottom - top)};
}

double intersection_over_union(const Box& a, const Box& b) {
  const double shared = static_cast<double>(intersection(a, b).area());
  const double all = static_cast<double>(a.area()) + static_cast<double>(b.area()) - shared;
  return all > 0 ? shared / all : 0;
}

Image crop(const Image& image, const Box& box) { return crop(image, box.x, box.y, box.width, box.height); }

int mosaic_block(const Box& face, int blocks) {
  if (blocks <= 0) throw std::invalid_argument("mosaic_block: the number of blocks must be positive");
  const std::int64_t side = std::min(face.width, face.height);
  return static_cast<int>(std::max<std::int64_t>(1, (2 * side + blocks) / (2 * std::int64_t{blocks})));
}

Image mosaic(const Image& image, const Box& box, int block) {
  if (block <= 0) throw std::invalid_argument("mosaic: the block must be positive");
  Image result = image;
  const Box visible = intersection(box, {0, 0, image.width, image.height});
  if (visible.area() == 0) return result;
  const auto first_block = [block](int visible_start, int box_start) {
    const std::int64_t hidden = static_cast<std::int64_t>(visible_start) - box_start;
    return box_start + hidden / block * block;
  };
  const std::int64_t right = visible.x + visible.width;
  const std::int64_t bottom = visible.y + visible.height;
  for (std::int64_t y = first_block(visible.y, box.y); y < bottom; y += block) {
    for (std::int64_t x = first_block(visible.x, box.x); x < right; x += block) {
      fill_with_mean(result, intersection(visible, {static_cast<int>(x), static_cast<int>(y), block, block}));
    }
  }
  return result;
}

}  // namespace bauta
