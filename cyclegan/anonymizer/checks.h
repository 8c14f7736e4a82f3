// Is the face hidden? Measured in the bytes that are about to be written, whatever made them: a network may
// be badly trained, or not one for this task at all. DESIGN.md, section 5, "Fail closed".
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

// A bounded generator leaves its block colours by at most 7 levels of residual and the rounding; a mosaic has
// 0. The clearest tile of a face in blocks of a tenth of it has 15 to 40.
inline constexpr double kMostDeviation = 8;
// A bounded generator's block colours are 5.5 % nearer to grey than the mosaic's, 7 levels at most, and its
// residual another 7.
inline constexpr double kMostDistance = 16;
// In fine blocks even a clear face deviates little from its block means; then this tells. A bounded generator
// has less than 0.1 on any photograph measured, a clear face 1, one at half its contrast 0.5.
inline constexpr double kMostKeptDetail = 0.25;

// clear, written: the photograph before and after, of one size; face: the box, inside them; block: the side
// of its mosaic's blocks, in pixels, the grid beginning at the box's corner. Throws std::invalid_argument if
// the sizes differ or block < 1. A block of 1 hides nothing, which no comparison with its mosaic can tell:
// face_hidden() is then false.
FaceCheck check_face(const Image& clear, const Image& written, const Box& face, int block);

}  // namespace bauta
