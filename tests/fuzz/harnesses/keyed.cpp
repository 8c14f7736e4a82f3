// Keyed pictures: a record and a picture that somebody has changed, and, under the key, what only a holder of
// it could have written.
#include <algorithm>

#include "cyclegan/anonymizer/record.h"
#include "cyclegan/keyed/keyed_anonymizer.h"
#include "cyclegan/keyed/region_search.h"
#include "tests/fuzz/harness.h"

using namespace bauta;

namespace {

constexpr int kSide = 48;

const SecretKey& key() {
  static const SecretKey one = SecretKey::generate();
  return one;
}

Image photograph() {
  Image image = blank_image(kSide, kSide);
  for (std::size_t i = 0; i < image.pixels.size(); ++i)
    image.pixels[i] = static_cast<std::uint8_t>(90 + i / 97 % 60 + i % 3 * 8);
  return image;
}

struct Written {
  Image picture = photograph();
  AnonymizationRecord record{AnonymizationMode::Keyed, {kSide, kSide}, 0, {}, {}};
  explicit Written(ResidualCode code) {
    KeyedOptions options;
    options.code = code;
    for (HiddenFace& face : hide_faces(picture, {{8, 8, 24, 24}}, options, key()))
      record.keyed_regions.push_back(face.region);
  }
};

// The first bytes say which levels are changed and how; what follows a zero, if anything, is the record.
void open_changed(std::span<const std::uint8_t> input, bool force, bool search) {
  static const Written exact(ResidualCode::Exact), companded(ResidualCode::Companded);
  const Written& written = force ? companded : exact;
  Image picture = written.picture;
  std::size_t at = 0;
  for (; at + 2 < input.size() && input[at] != 0; at += 3)
    picture.pixels[(std::size_t{input[at + 1]} << 8 | input[at + 2]) % picture.pixels.size()] ^= input[at];
  std::vector<KeyedRegion> regions = written.record.keyed_regions;
  if (at + 1 < input.size()) {
    const std::string json(reinterpret_cast<const char*>(input.data()) + at + 1, input.size() - at - 1);
    fuzz::accepts([&] {
      const AnonymizationRecord record = parse_record("input", json);
      require_recorded_size("input", record, {kSide, kSide});
      regions = record.keyed_regions;
    });
  }
  for (const KeyedRegion& region : regions) restore_region(picture, region, keys_from(key()), force);
  if (search) find_keyed_regions(picture, key());  // takes a hundred times as long
}

// A region whose tag is right and whose body is the input.
void open_forged(std::span<const std::uint8_t> input) {
  constexpr int kBlock = 4;
  const Lattice lattice(7);
  const Image face = crop(photograph(), 0, 0, 24, 24);
  const std::string body(reinterpret_cast<const char*>(input.data()), input.size());
  if (!holds({face.width, face.height}, body.size(), lattice)) return;
  const std::vector<std::uint8_t> cells(face.pixels.size(), 5);
  const HiddenRegion hidden = hide_region(face, cells, kBlock, lattice, ExactBody{body}, key());
  const OpenedRegion opened = open_region(hidden.pixels, kBlock, lattice, keys_from(key()));
  if (opened.original)
    fuzz::require(opened.original->width == face.width && opened.original->height == face.height,
                  "a region keeps its size");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) return 0;
  const std::span<const std::uint8_t> input(data + 1, size - 1);
  if (data[0] % 3 == 0)
    open_forged(input);
  else
    open_changed(input, data[0] % 3 == 1, data[0] / 3 % 16 == 15);
  return 0;
}
