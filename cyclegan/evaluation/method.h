// A way to hide a face in a picture and, perhaps, to bring it back: bauta's networks, and what the paper
// compares them with (section 5.4).
#pragma once

#include <optional>

#include "cyclegan/anonymizer/face_picture.h"

namespace bauta {

enum class Key {
  Right,
  Wrong,  // somebody tries another
  None,   // nothing is deciphered
};

class Method {
 public:
  virtual ~Method() = default;

  // What is published of `clear`, whose box says where the face is. Pictures have the size of the clear one.
  // For several threads.
  virtual Image hide(const FacePicture& clear) const = 0;

  // Blocks along the face's shorter side that stay visible, where the method itself says so; nothing: its
  // pictures' faces say it, or it shows no blocks.
  virtual std::optional<int> visible_blocks() const { return {}; }

  virtual bool reversible() const = 0;
  // Whether restoring depends on a key besides, and whether there is anything to try without.
  virtual bool keyed() const { return false; }
  virtual bool restores_without_key() const { return false; }
  // What comes back of a published picture, as a file gave it; only where reversible(), with the wrong key
  // only of a keyed method, with none only where restores_without_key(). For several threads.
  virtual Image restore(const FacePicture& hidden, Key key = Key::Right) const = 0;
};

}  // namespace bauta
