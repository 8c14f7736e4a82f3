// What a network is given, and what it returns.
#pragma once

#include <functional>
#include <vector>

#include "io/image.h"
#include "kernels/mosaic.h"

namespace bauta {

struct FacePicture {
  const Image* picture;
  MosaicBox face;  // and its mosaic's block, in pixels of the picture
};

// A batch that a network has begun with: waits for what it makes of each picture. To be called once.
using BegunBatch = std::function<std::vector<Image>()>;

}  // namespace bauta
