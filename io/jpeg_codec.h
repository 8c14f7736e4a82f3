#pragma once

#include <string_view>

#include "io/image.h"

namespace bauta {

// JPEG in memory, by stb_image (baseline and progressive, 8 bits). All throw CodecError on bytes that are no
// whole JPEG.

bool is_jpeg(std::string_view bytes);

// As read_image says, EXIF orientation applied. stb_image fills what a cut-off file lacks with grey and says
// nothing, so the file's segments are walked first: one without its end marker is refused, as is a Huffman
// table that would harm stb_image.
Image decode_jpeg(std::string_view bytes);

// The size in the frame header, which may lie anywhere: give the whole file.
ImageSize jpeg_size(std::string_view bytes);

// A baseline JPEG in memory, by stb_image_write; quality 1 to 100 as libjpeg counts it, colours at half the
// resolution up to 90. Throws std::invalid_argument for another quality or a picture whose size does not fit
// its pixels.
std::string encode_jpeg(const Image& image, int quality);

}  // namespace bauta
