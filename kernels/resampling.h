// Bilinear resampling with half-pixel centres: PyTorch's interpolate(mode="bilinear", align_corners=False),
// without antialiasing. Included by *_cpu.cpp and *.cu only: all names are local to the file.
#pragma once

#include "kernels/bfloat16.h"
#include "kernels/launcher.h"

namespace bauta::BAUTA_BACKEND {
namespace {

// Where a line of `size` pixels reads a line of `from`: the pixels `at` and `next`, the latter with this
// weight.
struct Tap {
  int at = 0, next = 0;
  float weight = 0;

  Tap() = default;
  BAUTA_DEVICE Tap(int i, int size, int from) : at(i), next(i) {
    if (size == from) return;  // exactly the pixel itself
    const float scale = static_cast<float>(from) / static_cast<float>(size);
    const float centre = (static_cast<float>(i) + 0.5f) * scale - 0.5f, inside = centre > 0 ? centre : 0.0f;
    at = static_cast<int>(inside) < from - 1 ? static_cast<int>(inside) : from - 1;
    next = at + 1 < from ? at + 1 : at;
    weight = inside - static_cast<float>(at);
  }
};

// Where in a line of `from` pixels pixel i of `to` lies, which are spread over a box, grown about its centre;
// kernels/resampling_matrix.h.
BAUTA_DEVICE inline float place_in_box(int begin, int size, float growth, int i, int to, int from) {
  const float extent = static_cast<float>(size), length = extent * growth;
  const float start = static_cast<float>(begin) + (extent - length) / 2;
  const float place = start + (static_cast<float>(i) + 0.5f) * length / static_cast<float>(to) - 0.5f;
  const float last = static_cast<float>(from - 1);
  return place < 0 ? 0 : place > last ? last : place;
}

// What pixel j weighs in what is read at a place.
BAUTA_DEVICE inline float tent(float place, int j) {
  const float apart = place - static_cast<float>(j), weight = 1 - (apart < 0 ? -apart : apart);
  return weight > 0 ? weight : 0;
}

[[gnu::always_inline]] BAUTA_DEVICE inline float between(float a, float b, float weight) {
  return a + weight * (b - a);
}

}  // namespace
}  // namespace bauta::BAUTA_BACKEND
