// Keyed regions that somebody changed, and keys that are nearly right.
#include <doctest/doctest.h>

#include "cyclegan/keyed/digits.h"
#include "cyclegan/keyed/region_codec.h"
#include "io/webp_codec.h"
#include "tests/cyclegan/keyed_pictures.h"

using namespace bauta;
using namespace bauta::test;

namespace {

constexpr int kBlock = 5, kResidual = 31;

struct Written {
  explicit Written(bool exact)
      : original(smooth_picture(14, 13)),
        region(hide_region(original, block_cells(original, kBlock, lattice), kBlock, lattice,
                           exact ? RegionBody(ExactBody{encode_webp_lossless(original)}) : CompandedBody(),
                           key)
                   .pixels) {
    REQUIRE(state(region) == RegionState::Intact);
  }
  RegionState state(const Image& changed) const {
    const OpenedRegion opened = open_region(changed, kBlock, lattice, keys_from(key));
    CHECK(opened.original.has_value() == (opened.state == RegionState::Intact));
    return opened.state;
  }

  SecretKey key = test_key();
  Lattice lattice{kResidual};
  Image original, region;
};

template <std::size_t kBytes>
void flip(std::array<std::byte, kBytes>& bytes, std::size_t bit) {
  bytes[bit / 8] ^= static_cast<std::byte>(1 << bit % 8);
}

}  // namespace

TEST_CASE("a keyed region with any level changed to any other is refused") {
  for (const bool exact : {true, false}) {
    Written written(exact);
    int unnoticed = 0;
    for (std::uint8_t& level : written.region.pixels) {
      for (int change = 1; change < 256; ++change) {
        ++level;
        unnoticed += written.state(written.region) == RegionState::Intact;
      }
      ++level;
    }
    CHECK(unnoticed == 0);
    CHECK(written.state(written.region) == RegionState::Intact);
  }
}

TEST_CASE("a keyed region cut to any smaller one, or read on another lattice, is refused") {
  for (const bool exact : {true, false}) {
    const Written written(exact);
    for (int width = 1; width <= written.region.width; ++width)
      for (int height = 1; height <= written.region.height; ++height)
        CHECK((written.state(crop(written.region, 0, 0, width, height)) == RegionState::Intact) ==
              (width == written.region.width && height == written.region.height));
    for (int k = kSmallestResidual; k < kResidual; ++k)
      CHECK(open_region(written.region, kBlock, Lattice(k), keys_from(written.key), true).state ==
            RegionState::Unreadable);
  }
}

TEST_CASE("with any bit of the key wrong, or any two, nothing is read, not even by force") {
  const Written written(false);
  int read = 0;
  for (std::size_t first = 0; first < 256; ++first) {
    for (std::size_t second = first; second < 256; ++second) {
      std::array<std::byte, SecretKey::kBytes> bytes{};
      std::ranges::copy(written.key.bytes(), bytes.begin());
      flip(bytes, first);
      if (second != first) flip(bytes, second);
      const SecretKey wrong = SecretKey::from_bytes(bytes);
      const OpenedRegion opened =
          open_region(written.region, kBlock, written.lattice, keys_from(wrong), true);
      read += opened.state != RegionState::Unreadable || opened.original;
    }
  }
  CHECK(read == 0);
}

TEST_CASE("any two digits of nonce and tag changed are noticed") {
  const Written written(false);
  const int values = written.lattice.values();
  const std::size_t end =
      digits_for(PictureCipher::kNonceBytes, values) + digits_for(PictureCipher::kTagBytes, values);
  const auto next_digit = [&](Image& region, std::size_t i) {
    const int level = region.pixels[i], cell = written.lattice.cell_of(level);
    region.pixels[i] = static_cast<std::uint8_t>(cell * values + (level + 1) % values);
  };
  int unnoticed = 0;
  for (std::size_t first = 0; first < end; ++first) {
    for (std::size_t second = first + 1; second < end; ++second) {
      Image changed = written.region;
      next_digit(changed, first);
      next_digit(changed, second);
      unnoticed += written.state(changed) == RegionState::Intact;
    }
  }
  CHECK(unnoticed == 0);
}

TEST_CASE("the cipher's tag holds for no other key, nonce or tag, of all that differ in one bit or two") {
  std::array<std::byte, SecretKey::kBytes> key{};
  std::ranges::copy(test_key().bytes(), key.begin());
  PictureCipher::Nonce nonce{};
  nonce[3] = std::byte{9};
  const std::array<std::byte, 40> covered{};
  const auto tag = [&covered](const auto& of_key, const auto& of_nonce) {
    const SecretKey secret = SecretKey::from_bytes(of_key);
    return PictureCipher(secret, of_nonce).tag(covered);
  };
  const PictureCipher::Tag right = tag(key, nonce);
  constexpr std::size_t kKeyBits = 256, kNonceBits = 192, kTagBits = 128;
  // One bit of all three, counted through.
  const auto flip_one = [](auto& of_key, auto& of_nonce, auto& of_tag, std::size_t bit) {
    if (bit < kKeyBits)
      flip(of_key, bit);
    else if (bit < kKeyBits + kNonceBits)
      flip(of_nonce, bit - kKeyBits);
    else
      flip(of_tag, bit - kKeyBits - kNonceBits);
  };
  int held = 0;
  constexpr std::size_t kBits = kKeyBits + kNonceBits + kTagBits;
  for (std::size_t first = 0; first < kBits; ++first) {
    for (std::size_t second = first; second < kBits; ++second) {
      auto wrong_key = key;
      auto wrong_nonce = nonce;
      auto wrong_tag = right;
      flip_one(wrong_key, wrong_nonce, wrong_tag, first);
      if (second != first) flip_one(wrong_key, wrong_nonce, wrong_tag, second);
      held += equal(wrong_tag, tag(wrong_key, wrong_nonce));
    }
  }
  CHECK(held == 0);
}
