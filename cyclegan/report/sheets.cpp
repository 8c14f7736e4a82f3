#include "cyclegan/report/sheets.h"

#include <algorithm>
#include <stdexcept>

namespace bauta {

Image picture_sheet(const std::vector<std::vector<Image>>& rows, int gap) {
  int cell_width = 0, cell_height = 0;
  std::size_t columns = 0;
  for (const auto& row : rows) {
    columns = std::max(columns, row.size());
    for (const Image& picture : row) {
      cell_width = std::max(cell_width, picture.width);
      cell_height = std::max(cell_height, picture.height);
    }
  }
  if (columns == 0) throw std::invalid_argument("picture_sheet: there is no picture");
  const auto side = [gap](std::size_t cells, int cell) {
    const std::int64_t pixels = static_cast<std::int64_t>(cells) * (cell + gap) - gap;
    if (pixels > kMaxPixels) throw std::invalid_argument("picture_sheet: the sheet is too large");
    return static_cast<int>(pixels);
  };
  Image sheet = blank_image(side(columns, cell_width), side(rows.size(), cell_height));
  std::fill(sheet.pixels.begin(), sheet.pixels.end(), std::uint8_t{255});
  for (std::size_t r = 0; r < rows.size(); ++r)
    for (std::size_t c = 0; c < rows[r].size(); ++c) {
      const Image& picture = rows[r][c];
      paste(sheet, picture, static_cast<int>(c) * (cell_width + gap) + (cell_width - picture.width) / 2,
            static_cast<int>(r) * (cell_height + gap) + (cell_height - picture.height) / 2);
    }
  return sheet;
}

Image enlarged(const Image& picture) {
  constexpr int kLegible = 160;
  const int factor = std::max(1, kLegible / std::max(picture.width, picture.height));
  return replicate(picture, factor);
}

}  // namespace bauta
