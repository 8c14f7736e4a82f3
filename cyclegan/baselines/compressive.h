// Compressive sensing with a keyed matrix: in the manner of Yamac et al. 2019, the paper's [28], in small
// blocks.
//
// The face box is cut into nearly equal parts of at most 8 x 8 pixels. A part is n = 3 w h numbers x (grey
// levels from the middle, 127.5), of which m = floor(n / 2) are measured, half as many as there are:
//
//   y = Phi x        Phi (m, n): uniform numbers drawn with the key, rows made orthonormal
//
// Each y is written as 16 bits into two of the part's n bytes (where n is odd, a middle grey into the last):
// the published picture has the clear one's size, and rounding is nothing beside what was not measured.
//
// Recovery is the linear estimate of least mean square error for parts whose DCT coefficients a (over rows,
// columns, and brightness and two colour differences; x = B a) are uncorrelated with variances v:
//
//   a' = v A^T (A v A^T + s^2 I)^-1 y,   A = Phi B,   s^2 the variance of rounding
//
// v is at first what photographs have on the average, then learned from the face's own measurements by
// expectation maximization: the mean over its parts of a'^2 and of the variance that is left.
//
// [28] measures whole pictures and lets a second, weaker key restore everything but the faces; here blocks of
// the face are measured under one key. Orthonormal rows keep half of a block's energy on the average, so how
// far a block is from grey can be read off its numbers' size without any key; what is in it cannot. The
// matrix is the same for all blocks: whoever has n of them clear and hidden has the key. A baseline, not
// protection.
#pragma once

#include "cyclegan/baselines/key.h"
#include "cyclegan/evaluation/method.h"

namespace bauta {

class CompressiveSensing final : public Method {
 public:
  static constexpr int kLargestPart = 8;  // pixels a side

  explicit CompressiveSensing(const KeyPair& keys) : keys_(keys) {}

  Image hide(const FacePicture& clear) const override;
  bool reversible() const override { return true; }
  bool keyed() const override { return true; }
  Image restore(const FacePicture& hidden, Key key) const override;

 private:
  KeyPair keys_;
};

}  // namespace bauta
