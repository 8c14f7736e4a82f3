#include "io/png_codec.h"

#include <png.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <stdexcept>

#include "io/codec_error.h"
#include "io/exif.h"
#include "io/png_rows.h"

// libpng reports errors by longjmp. Every function below that calls setjmp keeps what it works on in members,
// and holds no local object with a destructor, so that nothing is skipped or clobbered.

namespace bauta {
namespace {

constexpr std::size_t kSignatureBytes = 8;
constexpr std::size_t kMaxTextBytes = std::size_t{1} << 28;
// What deflate can reach at best is 1032:1; a file that claims more than this cannot be whole.
constexpr std::int64_t kMaxCompression = 1100;

using ErrorText = std::array<char, 200>;

void on_error(png_structp png, png_const_charp message) {
  auto* text = static_cast<ErrorText*>(png_get_error_ptr(png));
  std::strncpy(text->data(), message, text->size() - 1);
  png_longjmp(png, 1);
}

void on_warning(png_structp, png_const_charp) {}

// libpng's three structures for reading.
struct ReadHandle {
  explicit ReadHandle(ErrorText& error)
      : png(png_create_read_struct(PNG_LIBPNG_VER_STRING, &error, on_error, on_warning)) {
    info = png ? png_create_info_struct(png) : nullptr;
    end_info = png ? png_create_info_struct(png) : nullptr;
    if (info && end_info) return;
    png_destroy_read_struct(&png, &info, &end_info);
    throw std::bad_alloc();
  }
  ~ReadHandle() { png_destroy_read_struct(&png, &info, &end_info); }
  ReadHandle(const ReadHandle&) = delete;
  ReadHandle& operator=(const ReadHandle&) = delete;

  png_structp png = nullptr;
  png_infop info = nullptr;
  png_infop end_info = nullptr;
};

class PngReader {
 public:
  enum class Texts { Ignore, Keep };

  PngReader(std::string_view bytes, Texts texts) : rest_(bytes) {
    read_header(texts);
    check_size();  // first: libpng allocates rows in the next step
    set_transformations();
  }
  PngReader(const PngReader&) = delete;
  PngReader& operator=(const PngReader&) = delete;

  // RGB, or RGBA where has_alpha(); reads to the end of the file.
  void read_pixels() {
    pixels_.resize(row_bytes_ * height());
    rows_.resize(height());
    for (std::size_t y = 0; y < rows_.size(); ++y) rows_[y] = pixels_.data() + y * row_bytes_;
    if (setjmp(png_jmpbuf(handle_.png))) throw_error();
    png_read_image(handle_.png, rows_.data());
    png_read_end(handle_.png, handle_.end_info);
  }

  std::vector<std::uint8_t>& pixels() { return pixels_; }
  bool has_alpha() const { return png_get_channels(handle_.png, handle_.info) == 4; }
  std::size_t width() const { return png_get_image_width(handle_.png, handle_.info); }
  std::size_t height() const { return png_get_image_height(handle_.png, handle_.info); }

  int orientation() const {
    for (const png_infop info : {handle_.info, handle_.end_info}) {
      png_uint_32 size = 0;
      png_bytep exif = nullptr;
      if (png_get_eXIf_1(handle_.png, info, &size, &exif) != 0) return exif_orientation({exif, size});
    }
    return 1;
  }

  std::optional<std::string> text_before_pixels(const std::string& keyword) const {
    return text_in(handle_.info, keyword);
  }
  std::optional<std::string> text_after_pixels(const std::string& keyword) const {
    return text_in(handle_.end_info, keyword);
  }

 private:
  static void on_read(png_structp png, png_bytep into, std::size_t count) {
    auto* rest = static_cast<std::string_view*>(png_get_io_ptr(png));
    if (rest->size() < count) png_error(png, "it ends too early");
    std::memcpy(into, rest->data(), count);
    rest->remove_prefix(count);
    // Of a chunk's length libpng believes the first bytes, and takes as much memory.
    constexpr std::size_t kHeaderBytes = 8;
    const bool header = (png_get_io_state(png) & PNG_IO_MASK_LOC) == PNG_IO_CHUNK_HDR;
    if (header && count == kHeaderBytes && png_get_uint_32(into) > rest->size())
      png_error(png, "it ends too early");
  }

  [[noreturn]] void throw_error() const {
    throw CodecError("is damaged (" + std::string(error_.data()) + ")");
  }

  void read_header(Texts texts) {
    total_bytes_ = static_cast<std::int64_t>(rest_.size());
    if (setjmp(png_jmpbuf(handle_.png))) throw_error();
    png_set_read_fn(handle_.png, &rest_, on_read);
    // check_size() has the limit, and says it.
    png_set_user_limits(handle_.png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
    if (texts == Texts::Keep) {
      png_set_chunk_malloc_max(handle_.png, kMaxTextBytes);
    } else {
      // A small compressed chunk can expand to a lot: what is not used is not expanded.
      static constexpr png_byte kIgnored[] = "iTXt\0tEXt\0zTXt\0iCCP\0sPLT";
      png_set_keep_unknown_chunks(handle_.png, PNG_HANDLE_CHUNK_NEVER, kIgnored, 5);
    }
    png_read_info(handle_.png, handle_.info);
    bits_per_pixel_ =
        png_get_bit_depth(handle_.png, handle_.info) * png_get_channels(handle_.png, handle_.info);
  }

  // To 8-bit RGB, or RGBA where there is transparency.
  void set_transformations() {
    if (setjmp(png_jmpbuf(handle_.png))) throw_error();
    png_set_expand(handle_.png);
    png_set_scale_16(handle_.png);
    png_set_gray_to_rgb(handle_.png);
    png_set_interlace_handling(handle_.png);
    png_read_update_info(handle_.png, handle_.info);
    row_bytes_ = png_get_rowbytes(handle_.png, handle_.info);
  }

  void check_size() const {
    const ImageSize size{static_cast<int>(width()), static_cast<int>(height())};
    require_readable_size(size);
    const std::int64_t pixels = static_cast<std::int64_t>(size.width) * size.height;
    if (pixels / 8 * bits_per_pixel_ > total_bytes_ * kMaxCompression) {
      throw CodecError("is damaged (it ends too early)");
    }
  }

  std::optional<std::string> text_in(png_infop info, const std::string& keyword) const {
    png_textp texts = nullptr;
    const int count = png_get_text(handle_.png, info, &texts, nullptr);
    for (int i = 0; i < count; ++i) {
      if (keyword != texts[i].key) continue;
      return std::string(texts[i].text, std::max(texts[i].text_length, texts[i].itxt_length));
    }
    return std::nullopt;
  }

  ErrorText error_{};
  ReadHandle handle_{error_};
  std::string_view rest_;
  std::int64_t total_bytes_ = 0;
  int bits_per_pixel_ = 0;
  std::size_t row_bytes_ = 0;
  std::vector<std::uint8_t> pixels_;
  std::vector<png_bytep> rows_;
};

// RGBA to RGB over white, in place.
void lay_over_white(std::vector<std::uint8_t>& pixels) {
  std::uint8_t* to = pixels.data();
  for (std::size_t i = 0; i < pixels.size(); i += 4) {
    const int alpha = pixels[i + 3];
    for (std::size_t c = 0; c < 3; ++c) {
      *to++ = static_cast<std::uint8_t>((pixels[i + c] * alpha + 255 * (255 - alpha) + 127) / 255);
    }
  }
  pixels.resize(pixels.size() / 4 * 3);
}

class PngWriter {
 public:
  PngWriter() {
    png_ = png_create_write_struct(PNG_LIBPNG_VER_STRING, &error_, on_error, on_warning);
    info_ = png_ ? png_create_info_struct(png_) : nullptr;
    if (!info_) {
      png_destroy_write_struct(&png_, &info_);
      throw std::bad_alloc();
    }
  }
  ~PngWriter() { png_destroy_write_struct(&png_, &info_); }
  PngWriter(const PngWriter&) = delete;
  PngWriter& operator=(const PngWriter&) = delete;

  void write_header(const Image& image, std::vector<png_text>& texts) {
    if (setjmp(png_jmpbuf(png_))) throw std::runtime_error(std::string("libpng: ") + error_.data());
    png_set_write_fn(png_, &bytes_, on_write, nullptr);
    png_set_IHDR(png_, info_, static_cast<png_uint_32>(image.width), static_cast<png_uint_32>(image.height),
                 8, PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
                 PNG_FILTER_TYPE_DEFAULT);
    if (!texts.empty()) png_set_text(png_, info_, texts.data(), static_cast<int>(texts.size()));
    png_write_info(png_, info_);
  }

  // After the header. Not through libpng, whose errors would skip destructors.
  void write_pixels(const Image& image) {
    PngRows rows(3 * static_cast<std::size_t>(image.width), bytes_);
    for (int y = 0; y < image.height; ++y) rows.add(image.at(0, y));
    rows.finish();
    constexpr std::string_view kEnd("\0\0\0\0IEND\xae\x42\x60\x82", 12);
    bytes_ += kEnd;
  }

  std::string take() { return std::move(bytes_); }

 private:
  static void on_write(png_structp png, png_bytep from, std::size_t count) {
    bool appended = false;
    try {
      static_cast<std::string*>(png_get_io_ptr(png))->append(reinterpret_cast<const char*>(from), count);
      appended = true;
    } catch (const std::exception&) {  // no exception may cross libpng's frames
    }
    if (!appended) png_error(png, "out of memory");
  }

  ErrorText error_{};
  png_structp png_ = nullptr;
  png_infop info_ = nullptr;
  std::string bytes_;
};

void check_text(const std::string& keyword, const std::string& text) {
  const auto printable = [](char c) { return c >= 0x20 && c <= 0x7e; };
  if (keyword.empty() || keyword.size() > 79 || keyword.front() == ' ' || keyword.back() == ' ' ||
      !std::all_of(keyword.begin(), keyword.end(), printable)) {
    throw std::invalid_argument("encode_png: '" + keyword + "' is no PNG keyword");
  }
  if (text.find('\0') != std::string::npos) throw std::invalid_argument("encode_png: a text holds a NUL");
}

}  // namespace

bool is_png(std::string_view bytes) {
  return bytes.size() >= kSignatureBytes &&
         png_sig_cmp(reinterpret_cast<png_const_bytep>(bytes.data()), 0, kSignatureBytes) == 0;
}

Image decode_png(std::string_view bytes) {
  PngReader reader(bytes, PngReader::Texts::Ignore);
  reader.read_pixels();
  if (reader.has_alpha()) lay_over_white(reader.pixels());
  Image image{static_cast<int>(reader.width()), static_cast<int>(reader.height()),
              std::move(reader.pixels())};
  return apply_orientation(std::move(image), reader.orientation());
}

ImageSize png_size(std::string_view bytes) {
  // Signature; length and type of IHDR; width and height, big-endian.
  if (bytes.size() < kPngHeaderBytes || !is_png(bytes) || bytes.substr(12, 4) != "IHDR") {
    throw CodecError("is damaged (its header is cut off)");
  }
  const auto number = [bytes](std::size_t offset) {
    return png_get_uint_32(reinterpret_cast<png_const_bytep>(bytes.data() + offset));
  };
  const png_uint_32 width = number(16);
  const png_uint_32 height = number(20);
  if (width == 0 || height == 0 || width > PNG_UINT_31_MAX || height > PNG_UINT_31_MAX) {
    throw CodecError("is damaged (its header has an impossible size)");
  }
  return {static_cast<int>(width), static_cast<int>(height)};
}

std::optional<std::string> find_png_text(std::string_view bytes, const std::string& keyword) {
  PngReader reader(bytes, PngReader::Texts::Keep);
  if (auto text = reader.text_before_pixels(keyword)) return text;
  // Some programs move texts behind the pixels, where only a reader of the pixels gets to.
  reader.read_pixels();
  return reader.text_after_pixels(keyword);
}

std::string encode_png(const Image& image, const std::map<std::string, std::string>& text) {
  if (image.width <= 0 || image.height <= 0 ||
      image.pixels.size() !=
          3 * static_cast<std::size_t>(image.width) * static_cast<std::size_t>(image.height)) {
    throw std::invalid_argument("encode_png: the picture's size does not fit its pixels");
  }
  std::vector<png_text> texts;
  std::string no_language;
  for (const auto& [keyword, value] : text) {
    check_text(keyword, value);
    png_text entry{};
    entry.compression = PNG_ITXT_COMPRESSION_zTXt;
    entry.key = const_cast<char*>(keyword.c_str());  // libpng copies both and writes to neither
    entry.text = const_cast<char*>(value.c_str());
    entry.itxt_length = value.size();
    entry.lang = no_language.data();
    entry.lang_key = no_language.data();
    texts.push_back(entry);
  }
  PngWriter writer;
  writer.write_header(image, texts);
  writer.write_pixels(image);
  return writer.take();
}

}  // namespace bauta
