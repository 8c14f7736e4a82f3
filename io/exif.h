#pragma once

#include <cstdint>
#include <span>

#include "io/image.h"

namespace bauta {

// The orientation (tag 0x0112, CIPA DC-008 "Exif 2.32", 4.6.4) from the TIFF structure inside an EXIF block,
// 1 to 8. Anything absent, damaged or out of range is 1, upright. Only the first directory is read and no
// link is followed, so no input can make this loop.
int exif_orientation(std::span<const std::uint8_t> tiff);

// How many pictures a JPEG holds beside its first one, by the index (CIPA DC-007, 5.2.3) in the TIFF
// structure of its MPF segment; previews, which the index calls large thumbnails, do not count. 0 for
// anything damaged.
int pictures_beside_first(std::span<const std::uint8_t> tiff);

// Whether such a picture is turned by 90 degrees, so that width and height change places.
inline bool swaps_sides(int orientation) { return orientation >= 5 && orientation <= 8; }

// The picture turned and mirrored so that it is upright; an orientation outside 2 to 8 leaves it alone.
Image apply_orientation(Image image, int orientation);

}  // namespace bauta
