// De-ID of the faces in a photograph, and Re-ID: paper section 3, on whole photographs.
#pragma once

#include <vector>

#include "cyclegan/anonymizer/cover.h"
#include "cyclegan/anonymizer/region.h"
#include "cyclegan/anonymizer/translate.h"

namespace bauta {

inline constexpr int kSmallestMosaicBlock = 2;  // pixels; a block of one hides nothing

// Replaces every face by what `G` makes of it, and only the faces: the background stays the photograph's own.
// Fails closed: a face that check_face does not find hidden in the pixels written gets the plain mosaic, and
// its region is not restorable. Boxes are in pixels; parts outside the photograph do not count, a box wholly
// outside is left out. Regions come back in the order of work, which is that of the boxes; where they
// overlap, the pixels are the last one's. Throws as plan_region does.
std::vector<Region> deidentify(Image& photo, const std::vector<Box>& faces, const FaceNetwork& G,
                               int network_size, int blocks);

// The same without a network and without a way back: plain mosaics, their blocks at least 2 pixels, or one
// grey, the face one block. Regions have k = 1 and a crop that is the face.
std::vector<Region> pixelate(Image& photo, const std::vector<Box>& faces, int blocks,
                             Cover cover = Cover::Blocks);

// Puts back what `F` reads out of the restorable regions of a photograph that deidentify made, last first, so
// that each network sees around its face what G saw. Where a later face lies over an earlier one, the earlier
// one's pixels are lost; the later one brings them back. The regions must be as region.h says, for this
// photograph.
void reidentify(Image& photo, const std::vector<Region>& regions, const FaceNetwork& F);

}  // namespace bauta
