#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bauta {

// A picture: RGB, 8 bits a channel, rows from the top, pixels interleaved (height x width x 3, no padding).
struct Image {
  int width = 0;
  int height = 0;
  std::vector<std::uint8_t> pixels;

  // The three channels of the pixel in column x and row y, which must be inside.
  std::uint8_t* at(int x, int y) { return pixels.data() + offset(x, y); }
  const std::uint8_t* at(int x, int y) const { return pixels.data() + offset(x, y); }

  bool operator==(const Image&) const = default;

 private:
  std::size_t offset(int x, int y) const {
    return 3 * (static_cast<std::size_t>(y) * static_cast<std::size_t>(width) + static_cast<std::size_t>(x));
  }
};

struct ImageSize {
  int width = 0;
  int height = 0;
  bool operator==(const ImageSize&) const = default;
};

// Pictures of more pixels than this are refused, from their header, before anything is allocated.
inline constexpr std::int64_t kMaxPixels = 100'000'000;

// A black picture. Throws std::invalid_argument unless both sides are positive and it has at most kMaxPixels.
Image blank_image(int width, int height);

// ---- files (image_file.cpp)

// Whether the name ends in .png, .jpg, .jpeg or .webp, in any case. Nothing is opened.
bool is_image_path(const std::filesystem::path& path);

// Reads a PNG, a JPEG or a WebP; which of them, its first bytes say and not its name. Grey and CMYK become
// RGB, 16 bits become 8 (scaled, rounded), what is transparent is laid over white. The EXIF orientation is
// applied; all other metadata, colour profiles among it, is ignored. photograph.h keeps what is lost here.
// Throws FileError for anything that is not a whole picture: also for a file cut off half way, which many
// decoders let pass, for a PNG whose checksums are wrong, and for an animation (WebP, APNG).
Image read_image(const std::filesystem::path& path);

// The same of bytes in memory; `name` is what errors call them.
Image decode_image(const std::filesystem::path& name, std::string_view bytes);

// Width and height as the header has them, EXIF orientation not applied. Throws FileError.
ImageSize read_stored_size(const std::filesystem::path& path);
ImageSize stored_size(const std::filesystem::path& name, std::string_view bytes);

// Writes a PNG (AtomicFile) with `text` as keyword -> UTF-8 text in compressed iTXt chunks before the pixels.
// Keywords: 1 to 79 printable ASCII characters, no space at either end; texts hold no NUL. Throws FileError,
// and std::invalid_argument for a picture whose size does not fit its pixels or for a text that breaks these
// rules.
void write_png(const std::filesystem::path& path, const Image& image,
               const std::map<std::string, std::string>& text = {}, bool overwrite = false);

// The same PNG in memory. The same input gives the same bytes.
std::string encode_png(const Image& image, const std::map<std::string, std::string>& text = {});

// The text under `keyword` in a PNG (tEXt, zTXt or iTXt; the first of several), nothing if there is none.
// Throws FileError if the file is no whole PNG up to there.
std::optional<std::string> read_png_text(const std::filesystem::path& path, const std::string& keyword);
std::optional<std::string> text_in_png(const std::filesystem::path& name, std::string_view bytes,
                                       const std::string& keyword);

// ---- geometry (image.cpp; resize in image_resize.cpp). All throw std::invalid_argument on sizes that are
// not positive or that exceed kMaxPixels.

// The part of `image` from (x, y); where it lies outside, the nearest pixel of the edge is repeated.
Image crop(const Image& image, int x, int y, int width, int height);

// Copies `from` into `into` with its top left corner at (x, y); what would lie outside is left out.
void paste(Image& into, const Image& from, int x, int y);

Image flip_horizontal(const Image& image);

// Each pixel becomes a square of k x k pixels.
Image replicate(const Image& image, int k);

// Each square of k x k pixels becomes their mean, rounded half up. k must divide both sides.
Image block_average(const Image& image, int k);

// Along each side: the exact mean of the covered area where it shrinks, bilinear (half-pixel centres, edges
// repeated) where it grows. Computed in integers and rounded once, half up: the same on every machine.
Image resize(const Image& image, int width, int height);

// Luma of ITU-R BT.601 in 14-bit fixed point, (4899 R + 9617 G + 1868 B + 8192) >> 14: height x width bytes.
// These are OpenCV's coefficients, so that a cascade sees here what it sees there.
std::vector<std::uint8_t> to_grey(const Image& image);

}  // namespace bauta
