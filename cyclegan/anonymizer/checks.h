// Is the face hidden? Measured in the bytes that are about to be written, whatever made them: a network may
// be badly trained, or not one for this task at all.
#pragma once

#include "io/box.h"
#include "io/image.h"

namespace bauta {

// Levels are grey levels of 255, means over pixels and channels.
struct FaceCheck {
  double deviation = 0;    // levels: pixels from their own block's mean, in the tile where it is largest
  double distance = 0;     // levels: pixels from the plain mosaic, in the tile where it is largest
  double kept_detail = 0;  // how much of what a mosaic takes away is still there: 0 in it, 1 in a clear face
  bool face_hidden() const;  // all three within the limits below
};

// A tile has this many blocks a side. Over the whole face a clear eye among well-hidden rest would not count.
inline constexpr int kTileBlocks = 4;

// Measured on 330 photographs of five sources, blocks of a tenth and a twentieth of the face, untrained
// bounded generators of 4 and 7 residual levels: the largest deviation is 0.8 to 5.8 levels for them (they
// cannot exceed their residual and the rounding) and 9 to 95 for a clear face.
inline constexpr double kMostDeviation = 8;
// A bounded generator's block colours are nearer to grey than the mosaic's, 7 levels at most, and its
// residual may add another 7; measured 1.6 to 7.2, a clear face as above.
inline constexpr double kMostDistance = 16;
// Measured below 0.01 for a bounded generator, up to 0.14 where a residual of 7 levels follows the face
// without the signs, 0.7 to 1 for a clear face, in proportion less for one of less contrast.
inline constexpr double kMostKeptDetail = 0.2;

// clear, written: the photograph before and after, of one size; face: the box, inside them; block: the side
// of its mosaic's blocks, in pixels, the grid beginning at the box's corner. Copies no pixel. Throws
// std::invalid_argument if the sizes differ, the face does not lie in them or block < 1. A block of 1 hides
// nothing, which no comparison with its mosaic can tell: face_hidden() is then false.
FaceCheck check_face(const Image& clear, const Image& written, const Box& face, int block);

}  // namespace bauta
