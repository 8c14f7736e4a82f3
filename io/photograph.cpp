#include "io/photograph.h"

#include <algorithm>
#include <stdexcept>

namespace bauta {
namespace {

Box inside(const Photograph& photo, const Box& box) {
  return intersection(box, {0, 0, photo.image.width, photo.image.height});
}

// Calls row(first sample) for each of the box's rows in a plane of one channel.
template <class Plane, class Row>
void for_rows(Plane& plane, int width, const Box& box, const Row& row) {
  for (int y = box.y; y < box.y + box.height; ++y)
    row(plane.data() + static_cast<std::size_t>(y) * static_cast<std::size_t>(width) + box.x);
}

template <class Sample>
void mosaic_plane(std::vector<Sample>& plane, int width, const Box& box, int block) {
  for (int top = 0; top < box.height; top += block) {
    for (int left = 0; left < box.width; left += block) {
      const Box tile{box.x + left, box.y + top, std::min(block, box.width - left),
                     std::min(block, box.height - top)};
      std::uint64_t sum = 0;
      for_rows(plane, width, tile, [&](const Sample* row) {
        for (int x = 0; x < tile.width; ++x) sum += row[x];
      });
      const auto count = static_cast<std::uint64_t>(tile.area());
      const auto mean = static_cast<Sample>((sum + count / 2) / count);
      for_rows(plane, width, tile, [&](Sample* row) { std::fill_n(row, tile.width, mean); });
    }
  }
}

template <class Sample>
bool varies(const std::vector<Sample>& plane, int width, const Box& box) {
  if (plane.empty() || box.area() == 0) return false;
  bool different = false;
  const Sample first = plane[static_cast<std::size_t>(box.y) * static_cast<std::size_t>(width) +
                             static_cast<std::size_t>(box.x)];
  for_rows(plane, width, box, [&](const Sample* row) {
    different =
        different || std::any_of(row, row + box.width, [first](Sample value) { return value != first; });
  });
  return different;
}

}  // namespace

void redraw(Photograph& photo, const std::vector<Box>& boxes) {
  for (const Box& box : boxes)
    if (const Box visible = inside(photo, box); visible.area() > 0) photo.redrawn.push_back(visible);
}

void mosaic_alpha(Photograph& photo, const Box& box, int block) {
  if (block <= 0) throw std::invalid_argument("mosaic_alpha: the block must be positive");
  const Box visible = inside(photo, box);
  if (!photo.alpha.empty()) mosaic_plane(photo.alpha, photo.image.width, visible, block);
  if (!photo.deep_alpha.empty()) mosaic_plane(photo.deep_alpha, photo.image.width, visible, block);
}

bool shows_a_shape(const Photograph& photo, const Box& box) {
  const Box visible = inside(photo, box);
  return varies(photo.alpha, photo.image.width, visible) ||
         varies(photo.deep_alpha, photo.image.width, visible);
}

Image over_white(const Photograph& photo) {
  Photograph seen;
  seen.image = photo.image;
  seen.alpha = photo.alpha;
  seen.deep_alpha = photo.deep_alpha;
  return over_white(std::move(seen));
}

Image over_white(Photograph&& photo) {
  Image image = std::move(photo.image);
  if (!photo.has_alpha()) return image;
  for (std::size_t i = 0; i < image.pixels.size() / 3; ++i) {
    const int alpha =
        photo.alpha.empty() ? static_cast<int>((photo.deep_alpha[i] * 255u + 32895) >> 16) : photo.alpha[i];
    for (std::size_t c = 3 * i; c < 3 * i + 3; ++c)
      image.pixels[c] =
          static_cast<std::uint8_t>((image.pixels[c] * alpha + 255 * (255 - alpha) + 127) / 255);
  }
  return image;
}

bool stays_grey(const Photograph& photo) {
  if (!photo.grey) return false;
  return std::ranges::all_of(photo.redrawn, [&photo](const Box& box) {
    for (int y = box.y; y < box.y + box.height; ++y) {
      const std::uint8_t* pixel = photo.image.at(box.x, y);
      for (int x = 0; x < box.width; ++x, pixel += 3)
        if (pixel[0] != pixel[1] || pixel[0] != pixel[2]) return false;
    }
    return true;
  });
}

std::string to_string(PictureFormat format) {
  switch (format) {
    case PictureFormat::Png:
      return "png";
    case PictureFormat::Webp:
      return "webp";
    case PictureFormat::Jpeg:
      return "jpeg";
  }
  throw std::invalid_argument("to_string: no such format");
}

std::string extension_of(PictureFormat format) {
  switch (format) {
    case PictureFormat::Png:
      return ".png";
    case PictureFormat::Webp:
      return ".webp";
    case PictureFormat::Jpeg:
      return ".jpg";
  }
  throw std::invalid_argument("extension_of: no such format");
}

}  // namespace bauta
