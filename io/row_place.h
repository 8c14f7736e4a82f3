#pragma once

#include <cstddef>
#include <cstdint>

#include "io/exif.h"

namespace bauta {

// Where the pixels of a stored row belong in the upright picture: its first one, and from each to the next,
// in pixels of that picture.
struct RowPlace {
  std::int64_t first = 0;
  std::int64_t step = 1;
};

// stored: the picture's sides as the file has them; orientation: EXIF's, upright outside 2 to 8.
inline RowPlace row_place(const ImageSize& stored, int orientation, int y) {
  const bool turned = swaps_sides(orientation);
  const bool mirror_x = orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
  const bool mirror_y = orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
  const std::int64_t line = turned ? stored.height : stored.width;  // of the upright picture
  const std::int64_t row = mirror_y ? stored.height - 1 - y : y;
  const std::int64_t column = mirror_x ? stored.width - 1 : 0;
  const std::int64_t step = mirror_x ? -1 : 1;
  return turned ? RowPlace{column * line + row, step * line} : RowPlace{row * line + column, step};
}

// Puts a stored row of `channels` samples a pixel where it belongs.
template <class Sample>
void place_row(const Sample* row, int width, int channels, const RowPlace& place, Sample* upright) {
  for (std::int64_t x = 0; x < width; ++x, row += channels) {
    Sample* to = upright + (place.first + x * place.step) * channels;
    for (int c = 0; c < channels; ++c) to[c] = row[c];
  }
}

}  // namespace bauta
