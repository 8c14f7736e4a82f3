// A tilted face seen again as if it were upright: a detector that was taught on upright faces finds a face on
// its side weakly, and its box then cuts off head or chin.
#pragma once

#include <optional>

#include "cyclegan/faces/alignment.h"
#include "cyclegan/faces/face_location.h"
#include "io/box.h"

namespace bauta {

// A face with as much around it as upright views of it see, shrunk once for all of them where the face is
// larger than in a view: a cut takes single pixels.
class FaceSurroundings {
 public:
  // The photograph must outlive it. Throws std::invalid_argument unless the face's box has an area.
  FaceSurroundings(const Image& photo, const FaceLocation& face);

  // As cut() of the photograph.
  Image cut_out(const AffineMap& map, int side) const;

 private:
  const Image& photo_;
  std::optional<Image> shrunk_;
  Box place_;                     // of it in the photograph
  double across_ = 1, down_ = 1;  // pixels of it to one of the photograph
};

// The square about a face, turned back by what it leans and scaled so that the face is kFaceSide pixels long.
class UprightView {
 public:
  static constexpr int kSide = 160, kFaceSide = 56;

  // In a photograph, where `face` was found; if it leans so many degrees clockwise, it is upright in the
  // view. Throws std::invalid_argument unless its box has an area.
  UprightView(const FaceLocation& face, double degrees);

  // kSide x kSide pixels; beyond the photograph its edge is repeated.
  Image of(const FaceSurroundings& face) const { return face.cut_out(map_, kSide); }

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
