#include "cyclegan/evaluation/complexity.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <stdexcept>

namespace bauta {
namespace {

using Colour = std::array<std::uint8_t, 3>;
constexpr Colour kSmooth{255, 255, 255}, kComplex{30, 60, 200}, kWrong{255, 205, 0};

void check_sizes(const ComplexityMap& id, const ComplexityMap& deid) {
  if (id.width != deid.width || id.height != deid.height)
    throw std::invalid_argument("anonymization accuracy: the pictures differ in size");
}

// What became of a pixel, and where.
struct Pixel {
  bool in_face, was_complex, is_complex;
  bool wrong() const { return was_complex && in_face == is_complex; }
};

// Calls visit(i, pixel) for every pixel i.
template <typename Visit>
void for_each_pixel(const ComplexityMap& id, const ComplexityMap& deid, const Box& face, double threshold,
                    const Visit& visit) {
  check_sizes(id, deid);
  const Box inside = intersection(face, {0, 0, id.width, id.height});
  std::size_t i = 0;
  for (int y = 0; y < id.height; ++y) {
    const bool face_row = y >= inside.y && y < inside.y + inside.height;
    for (int x = 0; x < id.width; ++x, ++i) {
      const bool in_face = face_row && x >= inside.x && x < inside.x + inside.width;
      visit(i, Pixel{in_face, id.values[i] > threshold, deid.values[i] > threshold});
    }
  }
}

void put(Image& image, std::size_t i, const Colour& colour) {
  std::copy(colour.begin(), colour.end(), image.pixels.begin() + static_cast<std::ptrdiff_t>(3 * i));
}

}  // namespace

ComplexityMap pixel_complexity(const Image& image) {
  const auto grey = to_grey(image);
  ComplexityMap map{image.width, image.height, std::vector<float>(grey.size())};
  std::size_t i = 0;
  for (int y = 0; y < map.height; ++y)
    for (int x = 0; x < map.width; ++x, ++i) {
      int sum = 0, squares = 0;
      for (int dy = -1; dy <= 1; ++dy)
        for (int dx = -1; dx <= 1; ++dx) {
          if (dx == 0 && dy == 0) continue;
          const int row = std::clamp(y + dy, 0, map.height - 1),
                    column = std::clamp(x + dx, 0, map.width - 1);
          const int level = grey[static_cast<std::size_t>(row) * static_cast<std::size_t>(map.width) +
                                 static_cast<std::size_t>(column)];
          sum += level;
          squares += level * level;
        }
      map.values[i] = static_cast<float>(8 * squares - sum * sum) / 8;
    }
  return map;
}

std::optional<double> AccuracyCounts::accuracy(AccuracyReading reading) const {
  const bool face_only = reading == AccuracyReading::FaceOnly;
  const std::int64_t complex = face_complex + (face_only ? 0 : background_complex);
  const std::int64_t right = face_cleared + (face_only                               ? 0
                                             : reading == AccuracyReading::AsPrinted ? background_smooth
                                                                                     : background_kept);
  if (complex == 0) return std::nullopt;
  return static_cast<double>(right) / static_cast<double>(complex);
}

AccuracyCounts count_anonymized(const ComplexityMap& id, const ComplexityMap& deid, const Box& face,
                                double threshold) {
  AccuracyCounts counts;
  for_each_pixel(id, deid, face, threshold, [&counts](std::size_t, const Pixel& pixel) {
    if (pixel.in_face) {
      counts.face_complex += pixel.was_complex;
      counts.face_cleared += pixel.was_complex && !pixel.is_complex;
    } else {
      counts.background_complex += pixel.was_complex;
      counts.background_kept += pixel.was_complex && pixel.is_complex;
      counts.background_smooth += !pixel.was_complex && !pixel.is_complex;
    }
  });
  return counts;
}

Image complexity_picture(const ComplexityMap& map, double threshold) {
  Image picture = blank_image(map.width, map.height);
  for (std::size_t i = 0; i < map.values.size(); ++i)
    put(picture, i, map.values[i] > threshold ? kComplex : kSmooth);
  return picture;
}

Image accuracy_picture(const ComplexityMap& id, const ComplexityMap& deid, const Box& face,
                       double threshold) {
  Image picture = complexity_picture(deid, threshold);
  for_each_pixel(id, deid, face, threshold, [&picture](std::size_t i, const Pixel& pixel) {
    if (pixel.wrong()) put(picture, i, kWrong);
  });
  return picture;
}

}  // namespace bauta
