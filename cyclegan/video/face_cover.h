// Faces covered in a frame's own planes: outside of the boxes no sample changes.
//
// A mosaic of every frame anew gives away more than that of a photograph: its grid lies otherwise over the
// face in each frame, and whoever gathers many frames gathers finer and finer means (super-resolution). So a
// face's colours are taken once and held as long as it is followed: all frames together tell what one
// photograph's mosaic tells. The grid is a share of the box, so that it moves and grows with the face.
#pragma once

#include <array>
#include <vector>

#include "cyclegan/anonymizer/cover.h"
#include "io/box.h"
#include "io/video/frame.h"

namespace bauta {

// The mosaic's colours: for each plane and channel blocks x blocks levels, from the top.
struct HeldColours {
  int blocks = 0;
  std::array<std::vector<std::uint8_t>, 3> planes;
};

// The means of a face in a frame; where the box sticks out of the picture, of what there is. Throws
// std::invalid_argument if none of it is in the picture, or blocks < 1.
HeldColours take_colours(const VideoFrame& frame, const Box& face, int blocks);
// One grey, for every face the same.
HeldColours grey_colours(const VideoFrame& frame, const ColourModel& model);

// The box, grown to whole chroma samples and cut by the picture. No width and height: nothing of it is seen.
Box coverable(const VideoFrame& frame, const Box& face);

// Replaces every sample of `face`'s coverable box.
void cover(VideoFrame& frame, const Box& face, const HeldColours& colours);

// The box's outline, two pixels wide, to see what would be covered.
void outline(VideoFrame& frame, const Box& face, const ColourModel& model);

}  // namespace bauta
