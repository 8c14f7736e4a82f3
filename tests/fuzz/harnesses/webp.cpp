// WebP in memory, as keyed pictures hold it.
#include "io/webp_codec.h"

#include "tests/fuzz/harness.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace bauta;
  // A keyed region's own size is what a reader allows (keyed/region_codec.cpp).
  constexpr ImageSize kSize{16, 16};
  fuzz::accepts([&] {
    const Image image = decode_webp(fuzz::text_of(data, size), kSize);
    fuzz::require(image.width == kSize.width && image.height == kSize.height, "the size asked for");
    fuzz::require(image.pixels.size() == 3u * 16 * 16, "as many samples as the size says");
  });
  return 0;
}
