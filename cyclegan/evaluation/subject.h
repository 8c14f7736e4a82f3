// A face that ways of hiding it are judged on.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "cyclegan/faces/face_location.h"
#include "io/box.h"
#include "io/image.h"
#include "kernels/mosaic.h"

namespace bauta {

struct Subject {
  std::string name;        // of its pictures in a report, unlike any other's
  std::size_t person = 0;  // equal for pictures of one person
  Image clear;             // the ID picture: a square with the face and some of what is around it
  MosaicBox face;          // in it
  // Where identity networks find the face, in the clear picture: the published and the restored one are cut
  // there too, or a detector that fails would pass for privacy. Nothing: there was nothing found, and no
  // identity is measured.
  std::optional<FaceLocation> location;

  Box box() const { return {face.x, face.y, face.width, face.height}; }
};

// Photographs that are judged together.
struct SubjectSet {
  std::string name;
  std::vector<Subject> subjects;
  bool people_known = false;  // else everybody is taken for somebody else
  std::size_t left_out = 0;   // photographs without a usable face
};

}  // namespace bauta
