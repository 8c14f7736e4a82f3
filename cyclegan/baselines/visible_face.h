// The part of a face box that lies in its picture: what a baseline may write to.
#pragma once

#include "cyclegan/anonymizer/face_picture.h"
#include "io/box.h"

namespace bauta {

inline Box face_box(const FacePicture& picture) {
  return {picture.face.x, picture.face.y, picture.face.width, picture.face.height};
}

// Without width and height where nothing of the face is in the picture.
inline Box visible_face(const FacePicture& picture) {
  return intersection(face_box(picture), {0, 0, picture.picture->width, picture.picture->height});
}

}  // namespace bauta
