#include "io/exif.h"

#include <algorithm>
#include <iterator>
#include <optional>

#include "io/row_place.h"

namespace bauta {
namespace {

constexpr std::uint32_t kOrientationTag = 0x0112, kPicturesTag = 0xb002;
constexpr std::uint32_t kShortType = 3, kUndefinedType = 7;
constexpr std::size_t kEntryBytes = 12;

// Reads numbers of 2 or 4 bytes in the byte order of the file; nothing if they lie outside.
class TiffReader {
 public:
  TiffReader(std::span<const std::uint8_t> bytes, bool big_endian) : bytes_(bytes), big_endian_(big_endian) {}

  std::optional<std::uint32_t> number(std::size_t offset, std::size_t size) const {
    if (offset > bytes_.size() || bytes_.size() - offset < size) return std::nullopt;
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < size; ++i) {
      value = value << 8 | bytes_[offset + (big_endian_ ? i : size - 1 - i)];
    }
    return value;
  }

 private:
  std::span<const std::uint8_t> bytes_;
  bool big_endian_;
};

std::optional<TiffReader> opened(std::span<const std::uint8_t> tiff) {
  if (tiff.size() < 8 || tiff[0] != tiff[1] || (tiff[0] != 'I' && tiff[0] != 'M')) return std::nullopt;
  const TiffReader reader(tiff, tiff[0] == 'M');
  return reader.number(2, 2) == 42 ? std::optional(reader) : std::nullopt;
}

// Where the first directory has that tag.
std::optional<std::size_t> entry_of(const TiffReader& reader, std::uint32_t asked) {
  const std::size_t directory = reader.number(4, 4).value_or(0);
  const std::size_t entries = reader.number(directory, 2).value_or(0);
  for (std::size_t i = 0; i < entries; ++i) {
    const std::size_t entry = directory + 2 + i * kEntryBytes;
    const auto tag = reader.number(entry, 2);
    if (!tag) return std::nullopt;
    if (*tag == asked) return entry;
  }
  return std::nullopt;
}

}  // namespace

int exif_orientation(std::span<const std::uint8_t> tiff) {
  const auto reader = opened(tiff);
  const auto entry = reader ? entry_of(*reader, kOrientationTag) : std::nullopt;
  if (!entry || reader->number(*entry + 2, 2) != kShortType || reader->number(*entry + 4, 4) != 1) return 1;
  const std::uint32_t value = reader->number(*entry + 8, 2).value_or(1);
  return value >= 1 && value <= 8 ? static_cast<int>(value) : 1;
}

int pictures_beside_first(std::span<const std::uint8_t> tiff) {
  constexpr std::size_t kPictureBytes = 16;
  constexpr std::uint32_t kTypeBits = 0xffffff, kPreviewTypes[] = {0x010001, 0x010002};
  const auto reader = opened(tiff);
  const auto entry = reader ? entry_of(*reader, kPicturesTag) : std::nullopt;
  if (!entry || reader->number(*entry + 2, 2) != kUndefinedType) return 0;
  const std::size_t bytes = reader->number(*entry + 4, 4).value_or(0);
  const auto first = reader->number(*entry + 8, 4);
  if (!first) return 0;
  int beside = 0;
  for (std::size_t at = kPictureBytes; at + kPictureBytes <= bytes; at += kPictureBytes) {
    const auto attribute = reader->number(std::size_t{*first} + at, 4);
    if (!attribute) return 0;
    if (std::ranges::find(kPreviewTypes, *attribute & kTypeBits) == std::end(kPreviewTypes)) ++beside;
  }
  return beside;
}

Image apply_orientation(Image image, int orientation) {
  if (orientation < 2 || orientation > 8) return image;
  const ImageSize stored{image.width, image.height};
  Image upright = swaps_sides(orientation) ? blank_image(image.height, image.width)
                                           : blank_image(image.width, image.height);
  for (int y = 0; y < image.height; ++y)
    place_row(image.at(0, y), image.width, 3, row_place(stored, orientation, y), upright.pixels.data());
  return upright;
}

}  // namespace bauta
