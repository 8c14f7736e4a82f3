// Where a photograph is worked on: around each face a square whose side is a whole multiple k of the
// network's. Pixels are averaged k x k on the way into the network and repeated k x k on the way out, so no
// resampling ever touches what the Re-ID network has to read.
#pragma once

#include "io/box.h"
#include "io/image.h"
#include "kernels/mosaic.h"

namespace bauta {

// Network pictures that regions are made for: sides are multiples of Generator::kSizeMultiple.
inline constexpr int kSmallestNetworkSize = 8;
inline constexpr int kLargestNetworkSize = 4096;

// All in pixels of the photograph. Made by plan_region, or read from a file and then checked (record.h):
//   - the crop's side is k network pixels times the network's size; it may stick out of the photograph
//   - the face lies in the photograph and in the crop; it begins on the crop's grid of k pixels, and ends on
//     it or at the photograph's edge: the first pixel of every k x k square in it is in the photograph
//   - the block is a multiple of k; the mosaic's grid begins at the face's top left corner
struct Region {
  Box crop;
  int k = 1;
  Box face;
  int block = 1;
  bool restorable = true;  // false: the plain mosaic was written, there is nothing to read

  int network_size() const { return crop.width / k; }
  bool operator==(const Region&) const = default;
};

// The region around a face box: k is the smallest with k * network_size >= 1.2 times the box's longer side,
// so the margin lies between 1.2 and 2.4 (more for faces smaller than that in the network); the square is
// centred on the face, then shifted into the photograph as far as it fits. `blocks`: mosaic blocks along the
// shorter side of the face; a block has at least 2 network pixels, as one of 1 would hide nothing. Throws
// std::invalid_argument if nothing of the face is in the photograph, network_size is not one that
// is_network_size takes, or blocks < 1.
Region plan_region(ImageSize photo, const Box& face, int network_size, int blocks);

// A multiple of 4 between the two limits.
bool is_network_size(int size);

// The face and the mosaic's block in pixels of the network's picture.
MosaicBox network_box(const Region& region);

// What a network sees of the photograph: network_size x network_size means of k x k pixels; beyond the
// photograph its edge is repeated.
Image network_picture(const Image& photo, const Region& region);

// The same of a de-identified photograph, but inside the face the pixels that paste_repeated wrote, not
// means.
Image written_network_picture(const Image& photo, const Region& region);

// Puts the face out of the network's picture into the photograph, each pixel as a k x k square.
void paste_repeated(Image& photo, const Image& network_picture, const Region& region);

// The same, bilinear between the pixels' centres: for a face to look at, not to read.
void paste_smooth(Image& photo, const Image& network_picture, const Region& region);

}  // namespace bauta
