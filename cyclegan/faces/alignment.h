// How a face is cut out of a photograph for a network that tells people apart: each network was taught with a
// cut of its own and is only as good as the cut resembles it.
#pragma once

#include "cyclegan/faces/face_location.h"
#include "io/image.h"

namespace bauta {

// From a pixel (x, y) of the cut to the place (xx x + xy y + x0, yx x + yy y + y0) in the photograph; pixel
// centres have whole coordinates in both.
struct AffineMap {
  double xx = 1, xy = 0, x0 = 0;
  double yx = 0, yy = 1, y0 = 0;
};

// Takes a cut of side x side pixels to the box, grown `growth` times about its centre; width and height are
// scaled apart. Throws std::invalid_argument unless the box has an area and growth and side are positive.
AffineMap map_to_box(const FaceLocation& face, double growth, int side);

// The similarity (rotation, one scale, shift) that takes `from` to `to` with the least sum of squared
// distances. Throws std::invalid_argument when the points of either coincide, or are no numbers.
AffineMap map_to_landmarks(const Landmarks& from, const Landmarks& to);

// side x side pixels, bilinear; beyond the photograph its edge is repeated. Throws std::invalid_argument on a
// side that is not positive, a photograph without pixels or a map that is no number.
Image cut(const Image& photo, const AffineMap& map, int side);

// FaceNet's: the box grown 1.15 times.
inline constexpr int kFaceNetSide = 160;
Image cut_for_facenet(const Image& photo, const FaceLocation& face);

// SFace's: the landmarks at ArcFace's places (Deng et al. 2019), as OpenCV has them.
inline constexpr int kSFaceSide = 112;
Image cut_for_sface(const Image& photo, const FaceLocation& face);

}  // namespace bauta
