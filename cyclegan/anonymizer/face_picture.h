// What a network is given.
#pragma once

#include "io/image.h"
#include "kernels/mosaic.h"

namespace bauta {

struct FacePicture {
  const Image* picture;
  MosaicBox face;  // and its mosaic's block, in pixels of the picture
};

}  // namespace bauta
