// Copies a part of one tensor into a place of another; both pictures by picture. It pads with zeros and
// crops, and puts channels side by side and takes them apart.
//
//   to[n, in_to.h + h, in_to.w + w, in_to.c + c] = from[n, in_from.h + h, in_from.w + w, in_from.c + c]
//   for h < height, w < width, c < channels;    the rest of `to` becomes zero, or is kept
//
// to (N,H,W,C) and from (N,H',W',C') are stored alike, do not overlap in memory, and hold the part, or
// CheckError. With the rest zero, exchanging the corners and the views gives the adjoint.
#pragma once

#include "kernels/launcher.h"

namespace bauta {

struct Corner {
  int h = 0, w = 0, c = 0;
};

struct Part {
  Corner in_to, in_from;
  int height = 0, width = 0, channels = 0;
};

enum class Rest { Zero, Kept };

namespace BAUTA_BACKEND {

void copy_part(View to, ConstView from, Part part, Rest rest, const Context& ctx);

}  // namespace BAUTA_BACKEND
}  // namespace bauta
