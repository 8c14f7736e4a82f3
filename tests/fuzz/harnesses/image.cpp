// PNG and JPEG pictures: sizes, pixels, EXIF orientation, text chunks.
#include "io/image.h"

#include "tests/fuzz/harness.h"

using namespace bauta;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::int64_t kMostPixels = 1 << 18;  // larger ones take their time, and nothing else
  const std::string_view bytes = fuzz::text_of(data, size);
  ImageSize stored;
  if (!fuzz::accepts([&] { stored = stored_size("input", bytes); })) {
    fuzz::require(!fuzz::accepts([&] { decode_image("input", bytes); }), "no picture without a size");
    return 0;
  }
  fuzz::accepts([&] { text_in_png("input", bytes, "bauta"); });
  if (std::int64_t{stored.width} * stored.height > kMostPixels) return 0;
  fuzz::accepts([&] {
    const Image image = decode_image("input", bytes);
    fuzz::require((image.width == stored.width && image.height == stored.height) ||
                      (image.width == stored.height && image.height == stored.width),
                  "the size is the header's");
    fuzz::require(image.pixels.size() ==
                      3 * static_cast<std::size_t>(image.width) * static_cast<std::size_t>(image.height),
                  "as many samples as the size says");
  });
  return 0;
}
