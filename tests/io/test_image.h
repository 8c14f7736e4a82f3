#pragma once

#include <cstdint>

#include "io/image.h"

namespace bauta {

// A picture in which no two neighbours are equal and every channel differs: a fixed pseudo-random pattern.
inline Image test_image(int width, int height, std::uint32_t seed = 1) {
  Image image = blank_image(width, height);
  std::uint32_t state = seed * 2654435761u + 1;
  for (std::uint8_t& value : image.pixels) {
    state = state * 1664525u + 1013904223u;
    value = static_cast<std::uint8_t>(state >> 24);
  }
  return image;
}

}  // namespace bauta
