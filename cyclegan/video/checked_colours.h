// The colours of a face's mosaic, looked at before they are held: whoever is still recognized through them
// gets fewer blocks, as in a photograph (anonymizer/checked_hiding.h).
#pragma once

#include <functional>
#include <optional>

#include "cyclegan/anonymizer/checked_hiding.h"
#include "cyclegan/video/face_cover.h"

namespace bauta {

// How alike a face is in two pictures of one size, as IdentityCheck tells it; nothing where it cannot be
// told.
using FaceLikeness =
    std::function<std::optional<double>(const Image& clear, const Image& written, const Box& face)>;

struct ColourWish {
  Cover cover = Cover::Blocks;
  int blocks = kUsualCoverBlocks;
  BlocksAre chosen = BlocksAre::Usual;
  FaceLikeness likeness = {};  // empty: nobody looks
};

struct CheckedColours {
  HeldColours colours;
  int blocks = 0;                  // across the face; 0: one grey
  std::optional<double> likeness;  // of these colours (identity_check.h); nothing where nothing was compared

  bool is_recognized() const { return likeness && *likeness > IdentityCheck::kMostLikeness; }
};

// Takes a face's colours of a clear frame. Through the usual blocks nobody may be recognized: there are half
// as many until that is so, one grey in the end. Blocks that were asked for stay. A face outside of the frame
// gets the grey. For several threads. Throws NotHidden where one grey does not help: what is around it is
// enough.
CheckedColours take_checked_colours(const VideoFrame& frame, const ColourModel& model, const Box& face,
                                    const ColourWish& wish);

}  // namespace bauta
