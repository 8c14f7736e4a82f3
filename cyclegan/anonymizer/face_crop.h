// A face out of a photograph for training: a square crop and the same with the face under a mosaic. Paper
// sections 4.2 and 4.3.
#pragma once

#include "io/dataset.h"
#include "io/image.h"

namespace bauta {

struct FaceCrop {
  Image clear;         // size x size
  Image mosaic;        // the same, the face box mosaicked and the background left alone
  DatasetEntry entry;  // without name and source
};

// The square has `margin` times the face box's longer side, rounded, and its centre; beyond the photograph
// the edge is repeated. It is resampled to size x size, and the face box with it; `blocks` mosaic blocks lie
// along the mapped box's shorter side. Throws std::invalid_argument if nothing of the face is in the
// photograph, margin < 1, size or blocks < 1, or the square would have more than kMaxPixels.
FaceCrop crop_face(const Image& photo, const Box& face, double margin, int size, int blocks);

}  // namespace bauta
