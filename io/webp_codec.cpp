#include "io/webp_codec.h"

#include <webp/decode.h>

#include <memory>
#include <new>
#include <stdexcept>

#include "io/codec_error.h"
#include "io/webp_lossless.h"

namespace bauta {
namespace {

// 0 to 9, the slower the smaller: measured on faces, 6 saves 2 % of 3's bytes and more costs only time.
constexpr int kEffort = 6;

const std::uint8_t* webp_bytes(std::string_view bytes) {
  return reinterpret_cast<const std::uint8_t*>(bytes.data());
}

}  // namespace

std::string encode_webp_lossless(const Image& image) {
  const auto samples = 3 * static_cast<std::size_t>(image.width) * static_cast<std::size_t>(image.height);
  if (image.width < 1 || image.height < 1 || image.width > kLargestWebpSide ||
      image.height > kLargestWebpSide || image.pixels.size() != samples)
    throw std::invalid_argument("encode_webp_lossless: no picture that WebP can hold");
  return encode_webp_with({image.width, image.height}, {kEffort, false}, [&image](WebPPicture& into) {
    return WebPPictureImportRGB(&into, image.pixels.data(), 3 * image.width) != 0;
  });
}

Image decode_webp(std::string_view bytes, ImageSize size) {
  ImageSize own;
  if (!WebPGetInfo(webp_bytes(bytes), bytes.size(), &own.width, &own.height))
    throw CodecError("is no WebP picture");
  if (own != size) throw CodecError("is a WebP picture of another size");
  Image image = blank_image(size.width, size.height);
  if (!WebPDecodeRGBInto(webp_bytes(bytes), bytes.size(), image.pixels.data(), image.pixels.size(),
                         3 * size.width))
    throw CodecError("is damaged or cut off");
  return image;
}

}  // namespace bauta
