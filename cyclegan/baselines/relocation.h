// Keyed relocation of the face's pixels: in the manner of Cichowski & Czyzewski 2011, the paper's [27], which
// "permutes the pixel ordering within the region of interest".
//
// Our reading: the box is laid out in squares of `side` pixels from its top left corner, and a key says which
// goes where (Fisher and Yates, drawn from Philox). A square is at most a quarter of the box's shorter side,
// or there would be little to relocate; what is left at the right and below, narrower than a square, is
// relocated pixel by pixel among itself. side = 1 is the paper's sentence, and leaves the face's colours and
// nothing of their places; larger squares survive a lossy codec better and show what they hold.
//
// The key's holder gets every byte back. [27] carries in a watermark what its decoder needs to find the
// region; here the picture's record does. One key relocates equal boxes equally, and Philox is no cipher:
// whoever has one picture clear and hidden can read all others of its size. A baseline, not protection.
#pragma once

#include "cyclegan/baselines/key.h"
#include "cyclegan/evaluation/method.h"

namespace bauta {

class Relocation final : public Method {
 public:
  // Throws std::invalid_argument unless side, in pixels, is at least 1.
  Relocation(int side, const KeyPair& keys);

  Image hide(const FacePicture& clear) const override;
  bool reversible() const override { return true; }
  bool keyed() const override { return true; }
  Image restore(const FacePicture& hidden, Key key) const override;

 private:
  int side_;
  KeyPair keys_;
};

}  // namespace bauta
