// A tilted face seen again as if it were upright: a detector that was taught on upright faces finds a face on
// its side weakly, and its box then cuts off head or chin.
#pragma once

#include "cyclegan/faces/alignment.h"
#include "cyclegan/faces/face_location.h"
#include "io/box.h"

namespace bauta {

// The square about a face, turned back by what it leans and scaled so that the face is kFaceSide pixels long.
class UprightView {
 public:
  static constexpr int kSide = 160, kFaceSide = 56;

  // In a photograph, where `face` was found; if it leans so many degrees clockwise, it is upright in the
  // view. Throws std::invalid_argument unless its box has an area.
  UprightView(const FaceLocation& face, double degrees);

  // kSide x kSide pixels; beyond the photograph its edge is repeated.
  Image of(const Image& photo) const;

  // What was found in the view, in the photograph: upright there, the box is that of the ellipse within the
  // found one, turned along.
  FaceLocation in_photograph(const FaceLocation& seen) const;

 private:
  Point to_photograph(Point seen) const;

  double cosine_, sine_;
  double step_;  // pixels of the photograph to one of the view
  AffineMap map_;
};

}  // namespace bauta
