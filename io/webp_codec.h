#pragma once

#include <string>
#include <string_view>

#include "io/image.h"

namespace bauta {

// WebP lossless in memory, by libwebp: for what bauta hides in pictures, not for files of its own.

// Sides that WebP can hold.
inline constexpr int kLargestWebpSide = 16383;

// The picture's pixels, bit for bit. Throws std::invalid_argument for sides that WebP cannot hold or that do
// not fit the pixels, std::bad_alloc without memory.
std::string encode_webp_lossless(const Image& image);

// Throws CodecError on bytes that are no whole WebP of this size, before it takes memory for another.
Image decode_webp(std::string_view bytes, ImageSize size);

}  // namespace bauta
