// Between a byte of a picture and its value in a network: 0..255 <-> [-1, 1]. from_byte(to_byte(x)) is the
// nearest picture value, and to_byte(from_byte(b)) == b for every byte.
#pragma once

#include "kernels/launcher.h"

namespace bauta::BAUTA_BACKEND {
namespace {

// Of a level from 0 to 255, between two bytes too.
BAUTA_DEVICE inline float from_level(float level) { return level / 127.5f - 1.0f; }

// int, and not unsigned char, so that loops over floats stay as wide as they are.
BAUTA_DEVICE inline float from_byte(int byte) { return from_level(static_cast<float>(byte)); }

// What is not a number becomes 0. Whether the product and the sum are rounded as one or as two makes no
// difference for any x, and so every backend gives the same bytes.
BAUTA_DEVICE inline int to_byte(float x) {
  const float clamped = x > -1.0f ? (x < 1.0f ? x : 1.0f) : -1.0f;
  return static_cast<int>((clamped + 1.0f) * 127.5f + 0.5f);
}

}  // namespace
}  // namespace bauta::BAUTA_BACKEND
