#include "io/png_rows.h"

#include <doctest/doctest.h>
#include <zlib.h>

#include "tests/io/test_image.h"

using namespace bauta;

namespace {

std::uint32_t number_at(const std::string& bytes, std::size_t at) {
  std::uint32_t number = 0;
  for (std::size_t i = 0; i < 4; ++i) number = number << 8 | static_cast<unsigned char>(bytes[at + i]);
  return number;
}

// What the IDAT chunks hold, one after another; their types and checksums are looked at.
std::string stream_of(const std::string& png) {
  std::string stream;
  for (std::size_t at = 0; at < png.size();) {
    REQUIRE(png.size() - at >= 12);
    const std::size_t length = number_at(png, at);
    REQUIRE(png.size() - at - 12 >= length);
    REQUIRE(png.compare(at + 4, 4, "IDAT") == 0);
    CHECK(number_at(png, at + 8 + length) ==
          crc32(0, reinterpret_cast<const Bytef*>(png.data() + at + 4), static_cast<uInt>(length + 4)));
    stream += png.substr(at + 8, length);
    at += length + 12;
  }
  return stream;
}

// By zlib, and each row by its filter, Up.
std::vector<std::uint8_t> rows_of(const std::string& png, std::size_t row_bytes, std::size_t rows) {
  const std::string stream = stream_of(png);
  std::vector<std::uint8_t> filtered((row_bytes + 1) * rows + 1), pixels;
  uLongf length = filtered.size();
  REQUIRE(uncompress(filtered.data(), &length, reinterpret_cast<const Bytef*>(stream.data()),
                     stream.size()) == Z_OK);
  REQUIRE(length == filtered.size() - 1);
  for (std::size_t y = 0; y < rows; ++y) {
    const std::uint8_t* row = filtered.data() + y * (row_bytes + 1);
    REQUIRE(row[0] == 2);
    for (std::size_t i = 0; i < row_bytes; ++i)
      pixels.push_back(
          static_cast<std::uint8_t>(row[1 + i] + (y > 0 ? pixels[pixels.size() - row_bytes] : 0)));
  }
  return pixels;
}

std::string png_of(const std::vector<std::uint8_t>& pixels, std::size_t row_bytes) {
  std::string png;
  PngRows rows(row_bytes, png);
  for (std::size_t at = 0; at < pixels.size(); at += row_bytes) rows.add(pixels.data() + at);
  rows.finish();
  return png;
}

}  // namespace

TEST_CASE("rows of any length come back, noise that cannot be compressed too") {
  for (const auto& [width, height] :
       {std::pair{1, 1}, {1, 700}, {3, 2}, {333, 77}, {1200, 400}, {120'000, 3}}) {
    CAPTURE(width);
    const Image image = test_image(width, height);
    const std::size_t row_bytes = 3 * static_cast<std::size_t>(width);
    const std::string png = png_of(image.pixels, row_bytes);
    CHECK(rows_of(png, row_bytes, static_cast<std::size_t>(height)) == image.pixels);
  }
}

TEST_CASE("equal rows take next to nothing") {
  const std::vector<std::uint8_t> row = test_image(1000, 1).pixels;
  std::vector<std::uint8_t> pixels;
  for (int y = 0; y < 500; ++y) pixels.insert(pixels.end(), row.begin(), row.end());
  const std::string png = png_of(pixels, row.size());
  CHECK(rows_of(png, row.size(), 500) == pixels);
  CHECK(png.size() < 20'000);
}
