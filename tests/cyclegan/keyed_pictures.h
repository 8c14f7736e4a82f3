// Keys and pictures that the tests of keyed pictures share.
#pragma once

#include <array>
#include <cstddef>

#include "cyclegan/keyed/keyed_anonymizer.h"
#include "tests/cyclegan/anonymizer_pictures.h"

namespace bauta::test {

// The key whose bytes are first, first + 1, ..
inline SecretKey test_key(int first = 1) {
  std::array<std::byte, SecretKey::kBytes> bytes{};
  for (std::size_t i = 0; i < bytes.size(); ++i)
    bytes[i] = static_cast<std::byte>(first + static_cast<int>(i));
  return SecretKey::from_bytes(bytes);
}

inline Image region_of(const Image& photo, const Box& box) {
  return crop(photo, box.x, box.y, box.width, box.height);
}

}  // namespace bauta::test
