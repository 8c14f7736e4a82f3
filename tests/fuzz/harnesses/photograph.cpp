// Photographs with all that comes out again as it went in: depth, transparency, colour profile, text.
#include "io/photograph.h"

#include "tests/fuzz/harness.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace bauta;
  constexpr std::int64_t kMostPixels = 1 << 14;  // it is written again as well
  const fuzz::InputAsFile file(data, size);
  const std::string_view bytes = fuzz::text_of(data, size);
  std::optional<std::string> text;
  if (fuzz::accepts([&] { text = find_picture_text(file.path(), "bauta"); }))
    fuzz::require(text_in_picture("input", bytes, "bauta") == text, "one text, out of a file or memory");
  fuzz::accepts([&] { photograph_bytes(file.path()); });
  fuzz::accepts([&] {
    const ImageSize stored = stored_size("input", bytes);
    if (std::int64_t{stored.width} * stored.height > kMostPixels) return;
    const Photograph photo = read_photograph(file.path());
    fuzz::require(decode_photograph("input", bytes) == photo, "one photograph, out of a file or memory");
    const auto pixels =
        static_cast<std::size_t>(photo.image.width) * static_cast<std::size_t>(photo.image.height);
    fuzz::require(photo.image.pixels.size() == 3 * pixels, "as many samples as the size says");
    fuzz::require(photo.deep.empty() || photo.deep.size() == pixels * (photo.grey ? 1 : 3),
                  "deep samples too");
    fuzz::require(photo.alpha.empty() || photo.alpha.size() == pixels, "and transparency");
    fuzz::require(photo.deep_alpha.empty() || photo.deep_alpha.size() == pixels, "of either depth");
    fuzz::require(holds_photograph(encode_photograph("output", photo, PictureFormat::Png), photo),
                  "a PNG holds every sample");
  });
  return 0;
}
