// The part of a box that lies in the picture, and its blocks. Included by *_cpu.cpp and *.cu only: all names
// are local to the file.
#pragma once

#include <cstdint>

#include "kernels/bfloat16.h"
#include "kernels/mosaic.h"

namespace bauta::BAUTA_BACKEND {
namespace {

struct VisibleBox {
  int left, top, right,
      bottom;  // pixels; right and bottom exclusive; empty if left >= right or top >= bottom

  BAUTA_DEVICE constexpr VisibleBox(const MosaicBox& box, const Shape& picture)
      : left(box.x > 0 ? box.x : 0),
        top(box.y > 0 ? box.y : 0),
        right(end(box.x, box.width, picture.w)),
        bottom(end(box.y, box.height, picture.h)) {}
  BAUTA_DEVICE constexpr bool has_row(std::int64_t h) const { return left < right && h >= top && h < bottom; }

 private:
  BAUTA_DEVICE static constexpr int end(std::int64_t begin, int size, int limit) {
    const std::int64_t end = begin + size;
    return end < 0 ? 0 : end < limit ? static_cast<int>(end) : limit;
  }
};

}  // namespace
}  // namespace bauta::BAUTA_BACKEND
