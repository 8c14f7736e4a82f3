#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "io/image.h"

namespace bauta {

// PNG in memory, by libpng, which checks every chunk's checksum and stops an over-long stream. image.h has
// the writing half, encode_png. All throw CodecError on bytes that are no whole PNG.

bool is_png(std::string_view bytes);

// As read_image says, EXIF orientation applied.
Image decode_png(std::string_view bytes);

// The size in the header; the first kPngHeaderBytes bytes of the file are enough.
inline constexpr std::size_t kPngHeaderBytes = 33;
ImageSize png_size(std::string_view bytes);

std::optional<std::string> find_png_text(std::string_view bytes, const std::string& keyword);

}  // namespace bauta
