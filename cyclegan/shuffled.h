// A random order (Fisher and Yates), the same wherever the same numbers are drawn.
#pragma once

#include <cstddef>
#include <numeric>
#include <utility>
#include <vector>

#include "kernels/random.h"

namespace bauta {

// 0 .. count - 1; every order is as likely as every other.
inline std::vector<std::size_t> shuffled(std::size_t count, const RandomStream& stream) {
  std::vector<std::size_t> order(count);
  std::iota(order.begin(), order.end(), std::size_t{0});
  for (std::size_t i = count; i > 1; --i) std::swap(order[i - 1], order[stream.below(i, i)]);
  return order;
}

}  // namespace bauta
