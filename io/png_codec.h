#pragma once

#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "io/byte_source.h"
#include "io/image.h"
#include "io/photograph.h"

namespace bauta {

// PNG by libpng, which checks every chunk's checksum and stops an over-long stream. image.h has encode_png
// for plain pictures. The readers throw CodecError on bytes that are no whole PNG, and what the source
// throws.

bool is_png(std::string_view bytes);

// As Photograph says. Row by row; an interlaced picture takes its samples once more.
Photograph decode_png_photograph(const ByteSource& source);

// As read_image says.
Image decode_png(const ByteSource& source);
Image decode_png(std::string_view bytes);

// Whether the file holds every sample of the photograph as it is to be written. Throws as the readers.
bool png_holds(std::string_view bytes, const Photograph& photo);

// What the header says; the first kPngHeaderBytes bytes of the file are enough.
inline constexpr std::size_t kPngHeaderBytes = 33;
struct PngFacts {
  ImageSize size;
  int bit_depth = 8, colour_type = 2;
};
PngFacts png_facts(std::string_view bytes);

std::optional<std::string> find_png_text(const ByteSource& source, const std::string& keyword);

// The photograph in pieces, as they are made; what `write` throws ends it. Texts as write_png's.
using WriteBytes = std::function<void(std::string_view)>;
void encode_png(const Image& image, const std::map<std::string, std::string>& text, const WriteBytes& write);
void encode_png(const Photograph& photo, const std::map<std::string, std::string>& text,
                const WriteBytes& write);

}  // namespace bauta
