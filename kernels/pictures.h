// Between pictures in bytes and pictures in a network: 0..255 <-> [-1, 1].
//
//   augment       y[n] = pixels of source[n] / 127.5 - 1: a cut at (x, y), resampled to y's size where it has
//                 another (kernels/resampling.h; exact where it has the same), mirrored left to right where
//                 asked
//   to_bytes      out = round((clamp(x, -1, 1) + 1) * 127.5)
//
// Bytes are NHWC without gaps. y (N,H,W,C). source, the pixels and out lie in the backend's memory. Every cut
// must lie inside its source, or CheckError on the CPU; a card, which cannot look before it starts, moves it
// inside and shortens it where it is longer than the source, and gives black where there are no pixels.
#pragma once

#include <cstdint>
#include <span>

#include "kernels/launcher.h"

namespace bauta {

struct PictureCut {
  const std::uint8_t* pixels = nullptr;  // (height, width, C)
  int width = 0, height = 0;             // of the source
  int x = 0, y = 0;                      // top left corner of the cut
  bool mirrored = false;
  int cut_width = 0, cut_height = 0;  // pixels of the source; 0: as many as y has
};

namespace BAUTA_BACKEND {

void augment(View y, std::span<const PictureCut> source, const Context& ctx);
void to_bytes(std::uint8_t* out, ConstView x, const Context& ctx);

}  // namespace BAUTA_BACKEND
}  // namespace bauta
