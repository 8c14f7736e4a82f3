// Windows and the positions of a line that they cover: what pooling_cpu.cpp and pooling.cu share.
#pragma once

#include <type_traits>

#include "kernels/pooling.h"

namespace bauta::BAUTA_BACKEND {
namespace {

template <class Integer>
struct Span {
  Integer begin, end;
};

// The positions that window i covers, without the padding; and the windows that cover position i.
template <class Integer>
BAUTA_DEVICE Span<Integer> covered(Integer i, std::type_identity_t<Integer> size, const PoolWindow& window) {
  const Integer begin = i * window.stride - window.padding, end = begin + window.size;
  return {begin > 0 ? begin : 0, end < size ? end : size};
}

template <class Integer>
BAUTA_DEVICE Span<Integer> covering(Integer i, std::type_identity_t<Integer> windows,
                                    const PoolWindow& window) {
  const Integer last = (i + window.padding) / window.stride;
  const Integer before = i + window.padding - window.size;  // windows that begin here or earlier end before i
  return {before < 0 ? 0 : before / window.stride + 1, last < windows ? last + 1 : windows};
}

}  // namespace
}  // namespace bauta::BAUTA_BACKEND

// padding < size: every window holds a pixel, so that there is a largest one.
#define BAUTA_CHECK_POOLING(small, large, window)                                                            \
  BAUTA_CHECK((window).size >= 1 && (window).stride >= 1 && (window).padding >= 0 &&                         \
                  (window).padding < (window).size,                                                          \
              "size ", (window).size, ", stride ", (window).stride, ", padding ", (window).padding);         \
  BAUTA_CHECK((large).h + 2 * (window).padding >= (window).size &&                                           \
                  (large).w + 2 * (window).padding >= (window).size,                                         \
              "the window of ", (window).size, " exceeds the padded picture of ", large);                    \
  BAUTA_CHECK(((small) == Shape{(large).n, (window).output_size((large).h), (window).output_size((large).w), \
                                (large).c}),                                                                 \
              "pictures of ", large, " do not pool to ", small)
