// What a face is hidden with where nobody wants it back: masking [16], blurring [17] and mosaicking [18, 19,
// 20] of the paper's section 2. Outside the face box the picture stays as it is.
#pragma once

#include "cyclegan/evaluation/method.h"

namespace bauta {

class IrreversibleMethod : public Method {
 public:
  bool reversible() const final { return false; }
  // Throws std::logic_error: it is for reversible methods alone.
  Image restore(const FacePicture& hidden, Key key) const final;
};

// The face box black.
class Mask final : public IrreversibleMethod {
 public:
  Image hide(const FacePicture& clear) const override;
};

// Every pixel the mean of its block; blocks of io/box.h's mosaic_block, but at least 2 pixels, as those of 1
// would hide nothing. What deid --one-way writes of one face.
class PlainMosaic final : public IrreversibleMethod {
 public:
  // Throws std::invalid_argument unless blocks, along the box's shorter side, are at least 1.
  explicit PlainMosaic(int blocks);
  Image hide(const FacePicture& clear) const override;
  std::optional<int> visible_blocks() const override { return blocks_; }

 private:
  int blocks_;
};

// A Gaussian whose deviation is the box's shorter side over `part`: in relation to the face, so that faces of
// every size lose the same of themselves. The default is wide: a mosaic of B blocks spreads a pixel as far as
// a Gaussian of part 3.5 B does (the deviation of a square of side b is b / sqrt(12)), so part 10 has the
// spread of 3 blocks. It is no 3 blocks' worth of hiding: nothing is left out between pixels, and what stays
// of the finer detail is below the eye's threshold rather than gone. The deviation is at least 1 pixel.
// Beyond the picture its edge is repeated.
class GaussianBlur final : public IrreversibleMethod {
 public:
  static constexpr int kDefaultPart = 10;
  // Throws std::invalid_argument unless part is at least 1.
  explicit GaussianBlur(int part = kDefaultPart);
  Image hide(const FacePicture& clear) const override;

 private:
  int part_;
};

}  // namespace bauta
