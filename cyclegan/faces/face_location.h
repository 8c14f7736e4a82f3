// Where a face is in a photograph, as the detector YuNet says it.
#pragma once

#include <array>

namespace bauta {

// Pixels; (0, 0) is the centre of the first one.
struct Point {
  float x = 0, y = 0;
  bool operator==(const Point&) const = default;
};

// Right eye, left eye, nose, right and left corner of the mouth; right and left are the person's.
using Landmarks = std::array<Point, 5>;

struct FaceLocation {
  float x = 0, y = 0, width = 0, height = 0;  // the box, pixels
  Landmarks landmarks{};
  bool operator==(const FaceLocation&) const = default;
};

}  // namespace bauta
