// The hidden-channel meter: how much lies in a De-ID picture beyond the colours of its blocks.
#pragma once

#include <optional>
#include <span>

#include "cyclegan/anonymizer/face_picture.h"
#include "cyclegan/evaluation/bootstrap.h"

namespace bauta {

// Bits a pixel: the entropy of the residual, published picture minus its blocks' rounded means, in grey
// levels; that of each channel in the face's visible part by itself, added up. 0 for a plain mosaic. It says
// how much there is room for at most, not what it is about. Throws std::invalid_argument where no face is
// visible.
double residual_entropy(const FacePicture& published);

// Bits a pixel that the residual says about the face, as far as a regressor found out: with squared errors in
// the face of one that saw blocks alone and of one that saw everything, 3/2 log2 of their ratio, which is
// exact where errors are Gaussian. Errors below that of rounding to 8 bits (1/12) count as that.
double regressor_bits(double blocks_error, double everything_error);

struct HiddenChannel {
  Figure entropy;                                      // bits a pixel
  std::optional<Figure> regressor_bits, regressor_db;  // where the regressors were trained
};

}  // namespace bauta
