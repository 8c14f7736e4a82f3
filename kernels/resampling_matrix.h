// The matrix that resamples a line of pixels where a box lies. Cutting a box out of a picture and bringing it
// to a size is then two matrix products, which have gradients of their own.
//
//   y[n, i C + c, j C + d] = (c == d) max(0, 1 - |s_i - j|)
//   s_i = clamp(start + (i + 1/2) length / I - 1/2, 0, J - 1)
//
// y (N, I C, J C, 1): I pixels of C channels come from a line of J. [start, start + length) is the box's
// extent along the axis, grown `growth` times about its centre. Bilinear, pixels' centres at the halves;
// beyond the picture its edge is repeated, and every row adds up to 1. C = 1 serves a picture's columns.
#pragma once

#include <span>

#include "kernels/mosaic.h"

namespace bauta {

enum class Along { X, Y };

namespace BAUTA_BACKEND {

// One box an image, in the backend's memory. CheckError where y's sizes are no multiples of channels >= 1, or
// there are other than N boxes.
void resampling_matrix(View y, std::span<const MosaicBox> boxes, Along axis, float growth, int channels,
                       const Context& ctx);

}  // namespace BAUTA_BACKEND
}  // namespace bauta
