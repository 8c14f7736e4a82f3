// Two shapes, one of which repeats the other: what reductions_cpu.cpp and reductions.cu make of them.
#pragma once

#include <cstddef>

#include "kernels/launcher.h"

namespace bauta::BAUTA_BACKEND {
namespace {

// The larger shape as at most four dimensions, those repeated and those kept in turn: neighbours of one kind
// are one dimension. The innermost is a row of contiguous numbers.
struct RepeatedDimensions {
  struct Dimension {
    std::ptrdiff_t size = 1;
    bool repeated = false;
  };
  Dimension dimensions[4];
  int rank = 0;

  RepeatedDimensions(const Shape& small, const Shape& large) {
    const int sizes[4] = {large.n, large.h, large.w, large.c};
    const int small_sizes[4] = {small.n, small.h, small.w, small.c};
    for (int d = 0; d < 4; ++d) {
      if (sizes[d] == 1) continue;
      const bool is_repeated = small_sizes[d] == 1;
      if (rank == 0 || dimensions[rank - 1].repeated != is_repeated) dimensions[rank++] = {1, is_repeated};
      dimensions[rank - 1].size *= sizes[d];
    }
    if (rank == 0) rank = 1;
  }

  const Dimension& row() const { return dimensions[rank - 1]; }
};

inline bool repeats(int small, int large) { return small == 1 || small == large; }
inline bool repeats(const Shape& small, const Shape& large) {
  return repeats(small.n, large.n) && repeats(small.h, large.h) && repeats(small.w, large.w) &&
         repeats(small.c, large.c);
}

}  // namespace
}  // namespace bauta::BAUTA_BACKEND
