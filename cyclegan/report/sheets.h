// Many pictures as one, for a report's figures.
#pragma once

#include <vector>

#include "io/image.h"

namespace bauta {

inline constexpr int kSheetGap = 6;  // pixels between pictures

// A grid, rows[r][c] being the picture in row r and column c; rows may differ in length. All cells have the
// size of the largest picture and smaller ones stand in their middle, over white; there is a gap between
// cells and none around them, so that column c begins at c * (cell width + gap). Throws std::invalid_argument
// if there is no picture, or the sheet would have more than kMaxPixels.
Image picture_sheet(const std::vector<std::vector<Image>>& rows, int gap = kSheetGap);

// Small pictures are enlarged by a whole factor: a report is to be looked at.
Image enlarged(const Image& picture);

}  // namespace bauta
