#include <algorithm>
#include <cctype>

#include "io/atomic_file.h"
#include "io/codec_error.h"
#include "io/file_error.h"
#include "io/image.h"
#include "io/jpeg_codec.h"
#include "io/photograph.h"
#include "io/png_codec.h"
#include "io/webp_codec.h"

namespace bauta {
namespace {

constexpr std::uint64_t kMaxFileBytes = std::uint64_t{1} << 30;

// Calls `work`, whose CodecError becomes a FileError of this path.
template <typename Work>
auto with_path(const std::filesystem::path& path, const Work& work) {
  try {
    return work();
  } catch (const CodecError& error) {
    throw FileError(path, error.what(), error.what_to_do());
  }
}

std::string read_start(const InputFile& file) {
  if (file.size() == 0) throw FileError(file.path(), "is empty", "fetch or write it again");
  std::string start(static_cast<std::size_t>(std::min<std::uint64_t>(file.size(), kPngHeaderBytes)), '\0');
  file.read_at(0, std::as_writable_bytes(std::span(start)));
  return start;
}

std::optional<PictureFormat> format_by(std::string_view start) {
  if (is_png(start)) return PictureFormat::Png;
  if (is_jpeg(start)) return PictureFormat::Jpeg;
  if (is_webp(start)) return PictureFormat::Webp;
  return std::nullopt;
}

[[noreturn]] void throw_no_image(const std::filesystem::path& name) {
  throw FileError(name, "is no PNG, JPEG or WebP picture", "convert it to one of them or leave it out");
}

// What each format's reader makes of the bytes.
template <class Png, class Jpeg, class Webp>
auto read_bytes_by_format(const std::filesystem::path& name, std::string_view bytes, const Png& png,
                          const Jpeg& jpeg, const Webp& webp) {
  const auto format = format_by(bytes);
  if (!format) throw_no_image(name);
  return with_path(name, [&] {
    if (format == PictureFormat::Png) return png(MemorySource(bytes), bytes);
    return format == PictureFormat::Jpeg ? jpeg(bytes) : webp(bytes);
  });
}

// The same of a file: a PNG is read bit by bit, the others are in memory as a whole.
template <class Png, class Jpeg, class Webp>
auto read_by_format(const std::filesystem::path& path, const Png& png, const Jpeg& jpeg, const Webp& webp) {
  const InputFile file(path);
  const std::string start = read_start(file);
  if (is_png(start)) return with_path(path, [&] { return png(file, start); });
  if (!format_by(start)) throw_no_image(path);
  return read_bytes_by_format(path, read_file(path, kMaxFileBytes), png, jpeg, webp);
}

// The pixels' samples: colours and alpha of 8 bits, and what a 16-bit file holds besides.
std::uint64_t png_bytes_per_pixel(const PngFacts& facts) {
  const bool grey = facts.colour_type == 0 || facts.colour_type == 4;
  // Where there is no alpha there may still be a transparent colour.
  const std::uint64_t colours = grey ? 1 : 3;
  return facts.bit_depth == 16 ? 3 + 2 * (colours + 1) : 4;
}

}  // namespace

void require_readable_size(const ImageSize& size) {
  if (static_cast<std::int64_t>(size.width) * size.height <= kMaxPixels) return;
  throw CodecError("has " + std::to_string(size.width) + " x " + std::to_string(size.height) +
                       " pixels, more than the " + std::to_string(kMaxPixels) + " that are read",
                   "make it smaller or leave it out");
}

bool is_image_path(const std::filesystem::path& path) {
  std::string extension = path.extension().string();
  for (char& c : extension) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return extension == ".png" || extension == ".jpg" || extension == ".jpeg" || extension == ".jfif" ||
         extension == ".webp";
}

namespace {

constexpr auto kImageOfPng = [](const ByteSource& source, std::string_view) { return decode_png(source); };
constexpr auto kImageOfJpeg = [](std::string_view bytes) { return decode_jpeg(bytes); };
constexpr auto kImageOfWebp = [](std::string_view bytes) {
  return over_white(decode_webp_photograph(bytes));
};
constexpr auto kPhotographOfPng = [](const ByteSource& source, std::string_view) {
  return decode_png_photograph(source);
};
constexpr auto kPhotographOfJpeg = [](std::string_view bytes) { return decode_jpeg_photograph(bytes); };
constexpr auto kPhotographOfWebp = [](std::string_view bytes) { return decode_webp_photograph(bytes); };
constexpr auto kSizeOfPng = [](const ByteSource&, std::string_view start) { return png_facts(start).size; };
constexpr auto kSizeOfJpeg = [](std::string_view bytes) { return jpeg_facts(bytes).size; };
constexpr auto kSizeOfWebp = [](std::string_view bytes) { return webp_facts(bytes).size; };

}  // namespace

Image read_image(const std::filesystem::path& path) {
  return read_by_format(path, kImageOfPng, kImageOfJpeg, kImageOfWebp);
}

Image decode_image(const std::filesystem::path& name, std::string_view bytes) {
  return read_bytes_by_format(name, bytes, kImageOfPng, kImageOfJpeg, kImageOfWebp);
}

ImageSize read_stored_size(const std::filesystem::path& path) {
  return read_by_format(path, kSizeOfPng, kSizeOfJpeg, kSizeOfWebp);
}

ImageSize stored_size(const std::filesystem::path& name, std::string_view bytes) {
  return read_bytes_by_format(name, bytes, kSizeOfPng, kSizeOfJpeg, kSizeOfWebp);
}

Photograph read_photograph(const std::filesystem::path& path) {
  return read_by_format(path, kPhotographOfPng, kPhotographOfJpeg, kPhotographOfWebp);
}

Photograph decode_photograph(const std::filesystem::path& name, std::string_view bytes) {
  return read_bytes_by_format(name, bytes, kPhotographOfPng, kPhotographOfJpeg, kPhotographOfWebp);
}

std::uint64_t photograph_bytes(const std::filesystem::path& path) {
  const auto pixels = [](const ImageSize& size) {
    require_readable_size(size);
    return static_cast<std::uint64_t>(size.width) * static_cast<std::uint64_t>(size.height);
  };
  return read_by_format(
      path,
      [&](const ByteSource&, std::string_view start) {
        const PngFacts facts = png_facts(start);
        return pixels(facts.size) * png_bytes_per_pixel(facts);
      },
      [&](std::string_view bytes) { return 3 * pixels(jpeg_facts(bytes).size); },
      [&](std::string_view bytes) {
        const WebpFacts facts = webp_facts(bytes);
        return pixels(facts.size) * (facts.has_alpha ? 4 : 3);
      });
}

std::optional<PictureFormat> format_of(const std::filesystem::path& path) {
  return format_by(read_start(InputFile(path)));
}

void write_png(const std::filesystem::path& path, const Image& image,
               const std::map<std::string, std::string>& text, bool overwrite) {
  AtomicFile file(path, overwrite);
  encode_png(image, text, [&file](std::string_view bytes) { file.write(bytes); });
  file.commit();
}

std::string encode_photograph(const std::filesystem::path& name, const Photograph& photo,
                              PictureFormat format, const std::map<std::string, std::string>& text) {
  if (format != PictureFormat::Png && text.size() > 1)
    throw std::invalid_argument("encode_photograph: one text goes into a JPEG or WebP");
  std::string own_text;
  if (!text.empty()) own_text.append(text.begin()->first).append(1, '\0').append(text.begin()->second);
  return with_path(name, [&] {
    if (format == PictureFormat::Webp) return encode_webp(photo, own_text);
    if (format == PictureFormat::Png) {
      std::string bytes;
      encode_png(photo, text, [&bytes](std::string_view part) { bytes.append(part); });
      return bytes;
    }
    if (photo.has_alpha())
      throw CodecError("is transparent, which a JPEG cannot hold", "take --format png or webp");
    if (!photo.deep.empty())
      throw CodecError("has 16 bits a sample, and a JPEG holds 8", "take --format png");
    return encode_jpeg(photo, kJpegQuality, own_text);
  });
}

bool holds_photograph(std::string_view bytes, const Photograph& photo) {
  if (is_png(bytes)) return png_holds(bytes, photo);
  if (is_jpeg(bytes)) return decode_jpeg(bytes).width == photo.image.width;
  const Photograph read = decode_webp_photograph(bytes);
  const bool opaque = std::ranges::all_of(photo.alpha, [](std::uint8_t alpha) { return alpha == 255; });
  return read.image == photo.image && (read.alpha == photo.alpha || (opaque && read.alpha.empty()));
}

void write_photograph(const std::filesystem::path& path, const Photograph& photo, PictureFormat format,
                      const std::map<std::string, std::string>& text, bool overwrite) {
  AtomicFile file(path, overwrite);
  if (format == PictureFormat::Png)
    encode_png(photo, text, [&file](std::string_view bytes) { file.write(bytes); });
  else
    file.write(encode_photograph(path, photo, format, text));
  file.commit();
}

std::optional<std::string> read_png_text(const std::filesystem::path& path, const std::string& keyword) {
  if (format_of(path) != PictureFormat::Png)
    throw FileError(path, "is no PNG picture", "only PNG files carry such a text");
  return find_picture_text(path, keyword);
}

std::optional<std::string> text_in_png(const std::filesystem::path& name, std::string_view bytes,
                                       const std::string& keyword) {
  if (!is_png(bytes)) throw FileError(name, "is no PNG picture", "only PNG files carry such a text");
  return with_path(name, [&] { return find_png_text(MemorySource(bytes), keyword); });
}

namespace {

// Calls find(on a PNG, on a JPEG, on a WebP).
template <class Find>
std::optional<std::string> text_by_format(const std::string& keyword, const Find& find) {
  const auto if_of_keyword = [&](std::optional<std::string> text) -> std::optional<std::string> {
    if (!text || !text->starts_with(keyword + '\0')) return std::nullopt;
    return text->substr(keyword.size() + 1);
  };
  return find([&](const ByteSource& file, std::string_view) { return find_png_text(file, keyword); },
              [&](std::string_view bytes) { return if_of_keyword(find_jpeg_text(bytes)); },
              [&](std::string_view bytes) { return if_of_keyword(find_webp_text(bytes)); });
}

}  // namespace

std::optional<std::string> find_picture_text(const std::filesystem::path& path, const std::string& keyword) {
  return text_by_format(keyword, [&](const auto&... readers) { return read_by_format(path, readers...); });
}

std::optional<std::string> text_in_picture(const std::filesystem::path& name, std::string_view bytes,
                                           const std::string& keyword) {
  return text_by_format(
      keyword, [&](const auto&... readers) { return read_bytes_by_format(name, bytes, readers...); });
}

}  // namespace bauta
