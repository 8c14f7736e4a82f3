#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "io/image.h"
#include "io/photograph.h"

namespace bauta {

// JPEG in memory, by libjpeg-turbo: baseline and progressive, 8 bits, grey, colour, CMYK and YCCK. The
// readers throw CodecError on bytes that are no whole JPEG: libjpeg fills what a cut-off or damaged file
// lacks and merely warns, here it is refused.

bool is_jpeg(std::string_view bytes);

// As Photograph says.
Photograph decode_jpeg_photograph(std::string_view bytes);

// As read_image says.
Image decode_jpeg(std::string_view bytes);

// What the headers before the first scan say.
struct JpegFacts {
  ImageSize size;  // as stored
  int orientation = 1;
};
JpegFacts jpeg_facts(std::string_view bytes);

// What encode_jpeg stored beside the picture (APP15 segments that begin with "bauta" and a zero).
std::optional<std::string> find_jpeg_text(std::string_view bytes);

// A baseline JPEG; quality 1 to 100 as libjpeg counts it, colours at half the resolution up to 90. Throws
// std::invalid_argument for another quality or a picture whose size does not fit its pixels, and CodecError
// for sides beyond 65,500, a JPEG's longest.
std::string encode_jpeg(const Image& image, int quality);

// The same of a whole photograph, grey where it stays so, with its ICC profile, and `text` where
// find_jpeg_text finds it unless it is empty. Transparency and the deep samples are left out.
std::string encode_jpeg(const Photograph& photo, int quality, const std::string& text);

}  // namespace bauta
