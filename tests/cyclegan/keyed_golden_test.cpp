// Regions of keyed pictures that plain Python and PyNaCl made (tests/golden/generate_keyed.py).
#include <doctest/doctest.h>

#include "cyclegan/keyed/region_codec.h"
#include "io/safetensors.h"
#include "tests/cyclegan/golden.h"

using namespace bauta;

namespace {

std::vector<std::uint8_t> bytes_of(const NamedTensor& tensor) {
  std::vector<std::uint8_t> bytes;
  for (const float value : tensor.values) bytes.push_back(static_cast<std::uint8_t>(value));
  return bytes;
}

}  // namespace

TEST_CASE("another implementation's keyed regions: the same keystream, the same levels, opened by bauta") {
  const SafetensorsFile golden = read_safetensors(test::golden_path("keyed"));
  const auto values = [&](const std::string& name) { return bytes_of(golden.tensors.at(name)); };
  const auto root = values("key");
  const SecretKey key = SecretKey::from_bytes(std::as_bytes(std::span(root)));
  for (const int k : {1, 7, 10, 31}) {
    CAPTURE(k);
    const Lattice lattice(k);
    const auto of = [&](const std::string& name) { return values(name + "." + std::to_string(k)); };
    const auto cells = of("cells"), levels = of("levels"), digits = of("digits"), stream = of("stream");
    PictureCipher::Nonce nonce{};
    const auto nonce_values = of("nonce");
    std::ranges::transform(nonce_values, nonce.begin(), [](std::uint8_t value) { return std::byte{value}; });
    const SecretKey derived = region_key(key, nonce);
    PictureCipher cipher(derived, nonce);
    bool same = true;
    for (const int s : stream) same = same && cipher.next_digit(lattice.values()) == s;
    CHECK(same);

    std::size_t in_the_clear = 0;
    while (levels[in_the_clear] == encipher(cells[in_the_clear], digits[in_the_clear], 0, lattice) &&
           nonce_of(std::span(digits).first(in_the_clear)) != nonce)
      ++in_the_clear;
    CHECK(nonce_of(std::span(digits).first(in_the_clear)) == nonce);
    for (std::size_t i = in_the_clear; i < levels.size(); ++i)
      same = same && levels[i] == encipher(cells[i], digits[i], stream[i - in_the_clear], lattice);
    CHECK(same);

    Image region = blank_image(23, 19);
    region.pixels = levels;
    const RegionKeys keys = [&](const RegionNonce& seen) {
      return std::optional(region_key(key, seen.nonce));
    };
    const OpenedRegion opened = open_region(region, 6, lattice, keys);
    CHECK(opened.state == RegionState::Intact);
    CHECK(opened.code == ResidualCode::Companded);
    CHECK(opened.original.has_value());
  }
}
