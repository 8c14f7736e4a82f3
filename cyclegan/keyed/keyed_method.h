// Keyed De-ID as a method to be judged and attacked: what deid --key-file does to one face, under a key that
// nobody has kept.
#pragma once

#include "cyclegan/evaluation/method.h"
#include "cyclegan/keyed/region_codec.h"

namespace bauta {

class KeyedMethod final : public Method {
 public:
  // blocks: visible along the face's shorter side. Draws a fresh random key, and another for who guesses.
  // Throws std::invalid_argument unless blocks is at least 1.
  KeyedMethod(ResidualCode code, int blocks);
  // The network code.
  KeyedMethod(CodeNetworks networks, int blocks);

  // A new nonce each time, so no two calls give the same picture. Throws std::invalid_argument for a face
  // with a side below 16 pixels, which hide_faces would grow beyond its box.
  Image hide(const FacePicture& clear) const override;
  bool reversible() const override { return true; }
  bool keyed() const override { return true; }
  std::optional<int> visible_blocks() const override { return blocks_; }
  // With the right key as reid --key-file --force-damaged; what does not open stays as it was published. With
  // the wrong one what a program gets that ignores the tag: the code's digits deciphered into others; of the
  // exact code, whose digits then are no WebP, no more than with none. With none the cells' centres, from
  // which the residual differs at random, or what the Re-ID network makes of them; a picture that does not
  // lie on a lattice stays as it is.
  bool restores_without_key() const override { return true; }
  Image restore(const FacePicture& hidden, Key key) const override;

 private:
  Image without_key(const FacePicture& hidden) const;

  ResidualCode code_;
  int blocks_;
  std::optional<CodeNetworks> networks_;
  SecretKey right_, wrong_;
};

}  // namespace bauta
