#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "io/image.h"
#include "io/photograph.h"

namespace bauta {

// WebP in memory, by libwebp and libwebpmux. The readers throw CodecError on bytes that are no whole WebP, or
// one of more than kMaxPixels.

// Sides that WebP can hold.
inline constexpr int kLargestWebpSide = 16383;

bool is_webp(std::string_view bytes);

// ---- bare pictures, for what bauta hides in others

// The picture's pixels, bit for bit. Throws std::invalid_argument for sides that WebP cannot hold or that do
// not fit the pixels, std::bad_alloc without memory.
std::string encode_webp_lossless(const Image& image);

// Throws CodecError on bytes that are no whole WebP of this size, before it takes memory for another.
Image decode_webp(std::string_view bytes, ImageSize size);

// ---- files (webp_file.cpp)

// As Photograph says; lossy ones too. Throws CodecError for an animation.
Photograph decode_webp_photograph(std::string_view bytes);

struct WebpFacts {
  ImageSize size;  // as stored
  int orientation = 1;
  bool has_alpha = false;
};
WebpFacts webp_facts(std::string_view bytes);

// What encode_webp stored in the chunk "baut".
std::optional<std::string> find_webp_text(std::string_view bytes);

// Lossless, the colours under transparent pixels too; with the photograph's ICC profile, and `text` where
// find_webp_text finds it unless it is empty. Throws CodecError for sides or a depth that WebP cannot hold.
std::string encode_webp(const Photograph& photo, const std::string& text);

}  // namespace bauta
