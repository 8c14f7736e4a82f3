// The keys of the keyed baselines.
#pragma once

#include <cstdint>

#include "cyclegan/evaluation/method.h"
#include "kernels/random.h"

namespace bauta {

struct KeyPair {
  std::uint64_t right = 1;  // what pictures are hidden with
  std::uint64_t wrong = 2;  // what somebody tries who does not know it

  std::uint64_t of(Key key) const { return key == Key::Right ? right : wrong; }
};

// What is drawn with a key.
enum class KeyUse : std::uint64_t { Squares, Pixels, Measurements, Password };

// Each use, and each index of it, has numbers of its own. index is below 2^56.
inline RandomStream key_stream(std::uint64_t key, KeyUse use, std::uint64_t index = 0) {
  return {key, (index << 8) | static_cast<std::uint64_t>(use)};
}

}  // namespace bauta
