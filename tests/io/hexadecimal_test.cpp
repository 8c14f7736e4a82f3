#include "io/hexadecimal.h"

#include <doctest/doctest.h>

#include <array>

using namespace bauta;

TEST_CASE("bytes are two hexadecimal digits each, and come back from exactly as many") {
  const std::array bytes{std::byte{0}, std::byte{0x1f}, std::byte{0xa0}};
  CHECK(hexadecimal(bytes) == "001fa0");
  CHECK(hexadecimal({}).empty());
  std::array<std::byte, 3> back{};
  CHECK(take_hexadecimal("001fa0", back));
  CHECK(back == bytes);
  CHECK(take_hexadecimal("001FA0", back));
  for (const char* wrong : {"", "001fa", "001fa000", "001fag", "001f a0", "0x1fa0", "-01fa0"})
    CHECK(!take_hexadecimal(wrong, back));
  CHECK(take_hexadecimal("", std::span<std::byte>()));
}
