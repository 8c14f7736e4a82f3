// A photograph as its file holds it: what detectors and networks see of it, and what else must come out again
// as it went in.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "io/box.h"
#include "io/image.h"

namespace bauta {

// The EXIF orientation is applied. All planes are upright, height x width, without padding.
struct Photograph {
  // 8-bit RGB. Of a file with transparency its colours as they are stored, laid over nothing: what nobody
  // sees under transparent pixels is in the file all the same. Of CMYK: R = 255 (1 - C) (1 - K), and so on.
  Image image;
  bool grey = false;                      // the file holds no colour: all three channels are equal
  std::vector<std::uint16_t> deep;        // of a 16-bit file its samples, 1 a pixel if grey, or else 3
  std::vector<std::uint8_t> alpha;        // of an 8-bit file with transparency; 255 is opaque
  std::vector<std::uint16_t> deep_alpha;  // of a 16-bit one; 65535 is opaque
  std::string icc_profile;                // that fits what is held here (not a CMYK one); or empty
  int pictures_beside = 0;                // that the file holds, too, and that are not read (a JPEG's MPF)
  std::vector<Box> redrawn;               // where `image` counts instead of `deep`; see redraw

  bool has_alpha() const { return !alpha.empty() || !deep_alpha.empty(); }
  bool operator==(const Photograph&) const = default;
};

// Says that `image` has been changed in these boxes. What is written has nothing of the deep samples there: a
// 16-bit picture holds 257 times the 8-bit value. Parts outside the picture do not count.
void redraw(Photograph& photo, const std::vector<Box>& boxes);

// Each block of the box gets the mean of its transparency, on the grid that begins at the box's corner.
// For what must not keep even the outline of a head. Throws std::invalid_argument unless block > 0.
void mosaic_alpha(Photograph& photo, const Box& box, int block);

// Whether the transparency differs from pixel to pixel in the box, so that it shows a shape.
bool shows_a_shape(const Photograph& photo, const Box& box);

// The photograph as it looks on white paper.
Image over_white(const Photograph& photo);
Image over_white(Photograph&& photo);

// Whether it can be written in grey: it was, and what was redrawn has no colour.
bool stays_grey(const Photograph& photo);

// ---- files

enum class PictureFormat { Png, Webp, Jpeg };

// "png", "webp", "jpeg", and ".png", ".webp", ".jpg".
std::string to_string(PictureFormat format);
std::string extension_of(PictureFormat format);

// What the file's first bytes say; nothing for anything else. Throws FileError if it cannot be read.
std::optional<PictureFormat> format_of(const std::filesystem::path& path);

// Reads a PNG, a JPEG or a WebP; animations are refused. Of metadata the orientation and the ICC profile
// alone are looked at. Throws FileError as read_image does. A PNG is read in strips: besides what is returned
// it takes some 100 kB, a JPEG or WebP its file's size (a progressive JPEG its coefficients too, 3 to 6 bytes
// a pixel).
Photograph read_photograph(const std::filesystem::path& path);

// The same of bytes in memory; `name` is what errors call them.
Photograph decode_photograph(const std::filesystem::path& name, std::string_view bytes);

// Bytes that read_photograph's result takes, from the file's header. Throws FileError.
std::uint64_t photograph_bytes(const std::filesystem::path& path);

inline constexpr int kJpegQuality = 95;

// Writes the photograph (AtomicFile) with its ICC profile, and `text` (keyword -> UTF-8) where
// find_picture_text finds it: in a PNG's iTXt chunks, in a WebP's chunk "baut", in a JPEG's APP15 segments.
// PNG and WebP hold every sample, and are strips on their way (a WebP needs 15 bytes a pixel more). JPEG is
// of kJpegQuality. Throws FileError, also for what the format cannot hold: 16 bits, transparency (JPEG),
// sides (WebP, JPEG). std::invalid_argument as write_png.
void write_photograph(const std::filesystem::path& path, const Photograph& photo, PictureFormat format,
                      const std::map<std::string, std::string>& text = {}, bool overwrite = false);

// The same in memory; `name` is what errors call it.
std::string encode_photograph(const std::filesystem::path& name, const Photograph& photo,
                              PictureFormat format, const std::map<std::string, std::string>& text = {});

// Whether such a file holds every sample of the photograph; of a JPEG whether it is a whole one of its width.
// Throws CodecError for a damaged one.
bool holds_photograph(std::string_view bytes, const Photograph& photo);

// The text under `keyword` in a picture of any of the three; nothing if there is none. Throws FileError.
std::optional<std::string> find_picture_text(const std::filesystem::path& path, const std::string& keyword);
std::optional<std::string> text_in_picture(const std::filesystem::path& name, std::string_view bytes,
                                           const std::string& keyword);

}  // namespace bauta
