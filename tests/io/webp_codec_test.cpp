#include "io/webp_codec.h"

#include <doctest/doctest.h>

#include <stdexcept>

#include "io/codec_error.h"
#include "tests/io/test_image.h"

using namespace bauta;

TEST_CASE("WebP gives every pixel back") {
  for (const ImageSize size : {ImageSize{1, 1}, ImageSize{1, 40}, ImageSize{37, 1}, ImageSize{63, 65}}) {
    const Image image = test_image(size.width, size.height);
    CHECK(decode_webp(encode_webp_lossless(image), size) == image);
  }
  Image smooth = blank_image(300, 200);
  for (int y = 0; y < 200; ++y)
    for (int x = 0; x < 300; ++x) smooth.at(x, y)[1] = static_cast<std::uint8_t>((x + y) / 2);
  const std::string bytes = encode_webp_lossless(smooth);
  CHECK(bytes.size() < smooth.pixels.size() / 50);
  CHECK(decode_webp(bytes, {300, 200}) == smooth);
}

TEST_CASE("what is no whole WebP, or fits none, is refused") {
  const std::string whole = encode_webp_lossless(test_image(20, 10));
  for (std::size_t size = 0; size < whole.size(); ++size)
    CHECK_THROWS_AS(decode_webp(std::string_view(whole).substr(0, size), {20, 10}), CodecError);
  CHECK_THROWS_AS(decode_webp(std::string(100, 'x'), {20, 10}), CodecError);
  CHECK_THROWS_AS(decode_webp(whole, {10, 20}), CodecError);
  Image image = blank_image(kLargestWebpSide + 1, 1);
  CHECK_THROWS_AS(encode_webp_lossless(image), std::invalid_argument);
  image.width = 2;
  CHECK_THROWS_AS(encode_webp_lossless(image), std::invalid_argument);
}
