// What copy_part_cpu.cpp and copy_part.cu refuse alike.
#pragma once

#include "kernels/check.h"
#include "kernels/copy_part.h"

namespace bauta::BAUTA_BACKEND {
namespace {

inline void check_part(const View& to, const ConstView& from, const Part& part) {
  const auto check = [&](bool fits, const char* rule) {
    if (!fits)
      fail_check("copy_part", rule, __FILE__, __LINE__, "to ", to.shape, ' ', to.dtype, ", from ", from.shape,
                 ' ', from.dtype, ", a part of ", part.height, " x ", part.width, " pixels of ",
                 part.channels, " channels, to (", part.in_to.h, ", ", part.in_to.w, ", ", part.in_to.c,
                 "), from (", part.in_from.h, ", ", part.in_from.w, ", ", part.in_from.c, ')');
  };
  const auto inside = [](int begin, int size, int whole) {
    return begin >= 0 && size >= 0 && begin <= whole && size <= whole - begin;
  };
  const auto holds = [&](const Shape& s, const Corner& at) {
    return inside(at.h, part.height, s.h) && inside(at.w, part.width, s.w) &&
           inside(at.c, part.channels, s.c);
  };
  check(to.shape.n == from.shape.n, "as many pictures in from as in to");
  check(to.dtype == from.dtype, "to and from are stored alike");
  check(holds(to.shape, part.in_to), "the part lies inside to");
  check(holds(from.shape, part.in_from), "the part lies inside from");
}

}  // namespace
}  // namespace bauta::BAUTA_BACKEND
