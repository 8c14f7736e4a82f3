// Boxes of faces measured, joined and moved; landmarks go along.
#pragma once

#include <algorithm>

#include "cyclegan/faces/face_location.h"

namespace bauta {

inline float area(const FaceLocation& face) { return face.width * face.height; }

inline float shared_area(const FaceLocation& a, const FaceLocation& b) {
  const float width = std::min(a.x + a.width, b.x + b.width) - std::max(a.x, b.x),
              height = std::min(a.y + a.height, b.y + b.height) - std::max(a.y, b.y);
  return width <= 0 || height <= 0 ? 0 : width * height;
}

// Intersection over union.
inline float overlap(const FaceLocation& a, const FaceLocation& b) {
  const float shared = shared_area(a, b);
  return shared > 0 ? shared / (area(a) + area(b) - shared) : 0;
}

// The box about both.
inline FaceLocation joined(FaceLocation a, const FaceLocation& b) {
  const float right = std::max(a.x + a.width, b.x + b.width),
              bottom = std::max(a.y + a.height, b.y + b.height);
  a.x = std::min(a.x, b.x);
  a.y = std::min(a.y, b.y);
  a.width = right - a.x;
  a.height = bottom - a.y;
  return a;
}

inline float longer_side(const FaceLocation& face) { return std::max(face.width, face.height); }

inline void move(FaceLocation& face, int x, int y) {
  const auto right = static_cast<float>(x), down = static_cast<float>(y);
  face.x += right;
  face.y += down;
  for (Point& landmark : face.landmarks) landmark = {landmark.x + right, landmark.y + down};
}

// Pixel centres have whole coordinates.
inline void scale(FaceLocation& face, double x_factor, double y_factor) {
  const auto scaled = [](float at, double factor) {
    return static_cast<float>((static_cast<double>(at) + 0.5) * factor - 0.5);
  };
  face.x = scaled(face.x, x_factor);
  face.y = scaled(face.y, y_factor);
  face.width = static_cast<float>(face.width * x_factor);
  face.height = static_cast<float>(face.height * y_factor);
  for (Point& landmark : face.landmarks)
    landmark = {scaled(landmark.x, x_factor), scaled(landmark.y, y_factor)};
}

}  // namespace bauta
