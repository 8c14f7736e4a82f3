#include <algorithm>
#include <array>
#include <cctype>

#include "io/atomic_file.h"
#include "io/codec_error.h"
#include "io/file_error.h"
#include "io/image.h"
#include "io/jpeg_codec.h"
#include "io/png_codec.h"

namespace bauta {
namespace {

constexpr std::uint64_t kMaxFileBytes = std::uint64_t{1} << 30;

[[noreturn]] void throw_no_image(const std::filesystem::path& path) {
  throw FileError(path, "is no PNG or JPEG picture", "convert it to one of them or leave it out");
}

// Calls `decode`, whose CodecError becomes a FileError of this path.
template <typename Decode>
auto with_path(const std::filesystem::path& path, const Decode& decode) {
  try {
    return decode();
  } catch (const CodecError& error) {
    throw FileError(path, error.what(), error.what_to_do());
  }
}

std::string read_picture_bytes(const std::filesystem::path& path) {
  std::string bytes = read_file(path, kMaxFileBytes);
  if (bytes.empty()) throw FileError(path, "is empty", "fetch or write it again");
  return bytes;
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
  return extension == ".png" || extension == ".jpg" || extension == ".jpeg";
}

Image read_image(const std::filesystem::path& path) { return decode_image(path, read_picture_bytes(path)); }

Image decode_image(const std::filesystem::path& name, std::string_view bytes) {
  return with_path(name, [&] {
    if (is_png(bytes)) return decode_png(bytes);
    if (is_jpeg(bytes)) return decode_jpeg(bytes);
    throw_no_image(name);
  });
}

ImageSize read_stored_size(const std::filesystem::path& path) {
  {
    const InputFile file(path);
    std::string header(static_cast<std::size_t>(std::min<std::uint64_t>(file.size(), kPngHeaderBytes)), '\0');
    file.read_at(0, std::as_writable_bytes(std::span(header)));
    if (is_png(header)) {
      return with_path(path, [&] { return png_size(header); });
    }
  }
  return stored_size(path, read_picture_bytes(path));
}

ImageSize stored_size(const std::filesystem::path& name, std::string_view bytes) {
  return with_path(name, [&] {
    if (is_png(bytes)) return png_size(bytes);
    if (is_jpeg(bytes)) return jpeg_size(bytes);
    throw_no_image(name);
  });
}

void write_png(const std::filesystem::path& path, const Image& image,
               const std::map<std::string, std::string>& text, bool overwrite) {
  AtomicFile file(path, overwrite);
  file.write(encode_png(image, text));
  file.commit();
}

std::optional<std::string> read_png_text(const std::filesystem::path& path, const std::string& keyword) {
  return text_in_png(path, read_picture_bytes(path), keyword);
}

std::optional<std::string> text_in_png(const std::filesystem::path& name, std::string_view bytes,
                                       const std::string& keyword) {
  if (!is_png(bytes)) throw FileError(name, "is no PNG picture", "only PNG files carry such a text");
  return with_path(name, [&] { return find_png_text(bytes, keyword); });
}

}  // namespace bauta
