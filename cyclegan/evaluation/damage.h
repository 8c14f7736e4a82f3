// What happens to a published picture on its way: it is compressed, scaled, gets noise.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "io/image.h"

namespace bauta {

struct Damage {
  std::string name;     // "JPEG 85"
  std::string curve;    // of the report that it is a point of: "JPEG"
  double strength = 0;  // the point's place on it
  // To another picture of the same size. seed: of what is random.
  std::function<Image(const Image& picture, std::uint64_t seed)> apply;
};

// JPEG of quality 95, 85 and 75; to three quarters and to half the size and back; normal noise of 1, 2 and 4
// grey levels. By their strength, a curve's mildest first.
const std::vector<Damage>& damages();

}  // namespace bauta
