#include "io/exif.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "tests/io/picture_bytes.h"
#include "tests/io/test_image.h"

using namespace bauta;

namespace {

int orientation_of(const std::string& tiff) {
  // In a buffer of exactly this size, so that a sanitizer sees a read beyond it.
  const std::vector<std::uint8_t> bytes(tiff.begin(), tiff.end());
  return exif_orientation(bytes);
}

}  // namespace

TEST_CASE("all eight orientations are read in both byte orders") {
  for (int orientation = 1; orientation <= 8; ++orientation) {
    CHECK(orientation_of(tiff_orientation(orientation, false)) == orientation);
    CHECK(orientation_of(tiff_orientation(orientation, true)) == orientation);
  }
  CHECK(orientation_of(tiff_orientation(0, false)) == 1);
  CHECK(orientation_of(tiff_orientation(9, true)) == 1);
}

TEST_CASE("the orientation is found behind other entries") {
  const std::string other =
      little_endian(0x010f, 2) + little_endian(2, 2) + little_endian(99, 4) + little_endian(9, 4);
  std::string tiff = tiff_orientation(6, false);
  tiff.replace(8, 2, little_endian(2, 2));
  tiff.insert(10, other);
  CHECK(orientation_of(tiff) == 6);
}

TEST_CASE("damaged EXIF means upright") {
  const std::string whole = tiff_orientation(6, false);
  // The value ends 10 bytes before the end (2 bytes unused, 4 of the next directory's offset) ...
  for (std::size_t size = 0; size < 20; ++size) CHECK(orientation_of(whole.substr(0, size)) == 1);
  // ... and what follows is not needed.
  CHECK(orientation_of(whole.substr(0, 20)) == 6);
  const auto with = [&whole](std::size_t offset, const std::string& bytes) {
    std::string tiff = whole;
    tiff.replace(offset, bytes.size(), bytes);
    return tiff;
  };
  CHECK(orientation_of(with(0, "XX")) == 1);
  CHECK(orientation_of(with(0, "IM")) == 1);
  CHECK(orientation_of(with(2, little_endian(43, 2))) == 1);
  CHECK(orientation_of(with(4, little_endian(0xffffffff, 4))) == 1);  // directory beyond the end
  CHECK(orientation_of(with(4, little_endian(0xfffffffe, 4))) == 1);
  CHECK(orientation_of(with(4, little_endian(whole.size(), 4))) == 1);
  CHECK(orientation_of(with(4, little_endian(0, 4))) == 1);       // directory in the header itself
  CHECK(orientation_of(with(8, little_endian(0xffff, 2))) == 6);  // more entries than there are bytes
  CHECK(orientation_of(with(12, little_endian(4, 2))) == 1);      // not a SHORT
  CHECK(orientation_of(with(14, little_endian(2, 4))) == 1);      // more than one value
  CHECK(orientation_of(with(22, little_endian(8, 4))) == 6);      // next directory: this one again
}

TEST_CASE("a directory of a great many foreign entries ends") {
  std::string tiff = "II" + little_endian(42, 2) + little_endian(8, 4) + little_endian(0xffff, 2);
  tiff += std::string(12 * 0xffff, '\x01');
  CHECK(orientation_of(tiff) == 1);
}

TEST_CASE("the pictures beside a JPEG's first one are counted, previews are not") {
  constexpr std::uint32_t kPrimary = 0x20030000, kPreview = 0x010002, kDisparity = 0x020002, kUnknown = 0;
  const auto beside = [](const std::string& tiff) {
    const std::vector<std::uint8_t> bytes(tiff.begin(), tiff.end());
    return pictures_beside_first(bytes);
  };
  for (const bool is_big_endian : {false, true}) {
    CHECK(beside(mpf_index({kPrimary}, is_big_endian)) == 0);
    CHECK(beside(mpf_index({kPrimary, kPreview, 0x010001}, is_big_endian)) == 0);
    CHECK(beside(mpf_index({kDisparity, kDisparity | 0x40000000}, is_big_endian)) == 1);
    CHECK(beside(mpf_index({kPrimary, kPreview, kUnknown, kDisparity}, is_big_endian)) == 2);
  }
  const std::string whole = mpf_index({kPrimary, kUnknown}, false);
  for (std::size_t size = 0; size < whole.size() - 12; ++size) CHECK(beside(whole.substr(0, size)) == 0);
  std::string claims = whole;  // more entries than there are bytes
  claims.replace(26, 4, little_endian(0xfffffff0, 4));
  CHECK(beside(claims) == 0);
}

TEST_CASE("orientations turn and mirror the picture") {
  // What is stored, for a picture that should be seen as  a b c / d e f.
  const std::string upright = "abcdef";
  const struct {
    int orientation;
    int width;
    std::string stored;
  } cases[] = {{1, 3, "abcdef"}, {2, 3, "cbafed"}, {3, 3, "fedcba"}, {4, 3, "defabc"},
               {5, 2, "adbecf"}, {6, 2, "cfbead"}, {7, 2, "fcebda"}, {8, 2, "daebfc"}};
  for (const auto& [orientation, width, stored] : cases) {
    CAPTURE(orientation);
    Image image = blank_image(width, 6 / width);
    for (std::size_t i = 0; i < 18; ++i) image.pixels[i] = static_cast<std::uint8_t>(stored[i / 3]);
    const Image seen = apply_orientation(image, orientation);
    CHECK(seen.width == 3);
    CHECK(seen.height == 2);
    for (std::size_t i = 0; i < 18; ++i) CHECK(seen.pixels[i] == upright[i / 3]);
  }
  const Image image = test_image(3, 2);
  CHECK(apply_orientation(image, 0) == image);
  CHECK(apply_orientation(image, 9) == image);
}
