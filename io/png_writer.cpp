#include <algorithm>
#include <exception>
#include <new>
#include <stdexcept>

#include "io/icc_profile.h"
#include "io/photograph_rows.h"
#include "io/png_codec.h"
#include "io/png_error.h"
#include "io/png_rows.h"

// As in png_codec.cpp: no local object with a destructor beside a setjmp.

namespace bauta {
namespace {

// What stands where a file's own profile name could tell of its origin.
constexpr const char* kProfileName = "ICC profile";

class PngWriter {
 public:
  explicit PngWriter(const WriteBytes& write) : write_(write) {
    png_ = png_create_write_struct(PNG_LIBPNG_VER_STRING, &error_, on_png_error, on_png_warning);
    info_ = png_ ? png_create_info_struct(png_) : nullptr;
    if (!info_) {
      png_destroy_write_struct(&png_, &info_);
      throw std::bad_alloc();
    }
  }
  ~PngWriter() { png_destroy_write_struct(&png_, &info_); }
  PngWriter(const PngWriter&) = delete;
  PngWriter& operator=(const PngWriter&) = delete;

  void write(const PhotographRows& rows, const std::string& profile, std::vector<png_text>& texts) {
    start(rows, profile, texts);
    write_pixels(rows);
  }

 private:
  // Not through libpng, whose errors would skip destructors.
  void write_pixels(const PhotographRows& rows) {
    std::vector<std::uint8_t> row(rows.row_bytes());
    std::string bytes;
    const auto hand_on = [&] {
      if (!bytes.empty()) write_(bytes);
      bytes.clear();
    };
    PngRows pixels(row.size(), bytes);
    for (int y = 0; y < rows.size().height; ++y) {
      rows.compose(y, row.data());
      pixels.add(row.data());
      hand_on();
    }
    pixels.finish();
    constexpr std::string_view kEnd("\0\0\0\0IEND\xae\x42\x60\x82", 12);
    bytes += kEnd;
    hand_on();
  }

  [[noreturn]] void throw_error() const {
    if (thrown_) std::rethrow_exception(thrown_);
    throw std::runtime_error(std::string("libpng: ") + error_.data());
  }

  static int colour_type(const PhotographRows& rows) {
    constexpr int kTypes[] = {PNG_COLOR_TYPE_GRAY, PNG_COLOR_TYPE_GRAY_ALPHA, PNG_COLOR_TYPE_RGB,
                              PNG_COLOR_TYPE_RGB_ALPHA};
    return kTypes[rows.channels() - 1];
  }

  void start(const PhotographRows& rows, const std::string& profile, std::vector<png_text>& texts) {
    if (setjmp(png_jmpbuf(png_))) throw_error();
    png_set_write_fn(png_, this, on_write, nullptr);
    png_set_benign_errors(png_, 1);  // a profile that libpng does not like is left out
    png_set_IHDR(png_, info_, static_cast<png_uint_32>(rows.size().width),
                 static_cast<png_uint_32>(rows.size().height), rows.is_deep() ? 16 : 8, colour_type(rows),
                 PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    if (!profile.empty())
      png_set_iCCP(png_, info_, kProfileName, PNG_COMPRESSION_TYPE_BASE,
                   reinterpret_cast<png_const_bytep>(profile.data()),
                   static_cast<png_uint_32>(profile.size()));
    if (!texts.empty()) png_set_text(png_, info_, texts.data(), static_cast<int>(texts.size()));
    png_write_info(png_, info_);
  }

  static void on_write(png_structp png, png_bytep from, std::size_t count) {
    auto* writer = static_cast<PngWriter*>(png_get_io_ptr(png));
    try {
      writer->write_({reinterpret_cast<const char*>(from), count});
    } catch (...) {  // no exception may cross libpng's frames
      writer->thrown_ = std::current_exception();
    }
    if (writer->thrown_) png_error(png, "cannot be written");
  }

  PngErrorText error_{};
  png_structp png_ = nullptr;
  png_infop info_ = nullptr;
  const WriteBytes& write_;
  std::exception_ptr thrown_;
};

void check_text(const std::string& keyword, const std::string& text) {
  const auto printable = [](char c) { return c >= 0x20 && c <= 0x7e; };
  if (keyword.empty() || keyword.size() > 79 || keyword.front() == ' ' || keyword.back() == ' ' ||
      !std::all_of(keyword.begin(), keyword.end(), printable)) {
    throw std::invalid_argument("encode_png: '" + keyword + "' is no PNG keyword");
  }
  if (text.find('\0') != std::string::npos) throw std::invalid_argument("encode_png: a text holds a NUL");
}

void encode(const PhotographRows& rows, const std::string& profile,
            const std::map<std::string, std::string>& text, const WriteBytes& write) {
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
  PngWriter(write).write(rows, profile, texts);
}

}  // namespace

void encode_png(const Photograph& photo, const std::map<std::string, std::string>& text,
                const WriteBytes& write) {
  const PhotographRows rows(photo);
  encode(rows, fitting_profile(photo.icc_profile, rows.is_grey()), text, write);
}

void encode_png(const Image& image, const std::map<std::string, std::string>& text, const WriteBytes& write) {
  encode(PhotographRows(image), {}, text, write);
}

std::string encode_png(const Image& image, const std::map<std::string, std::string>& text) {
  std::string bytes;
  encode_png(image, text, [&bytes](std::string_view part) { bytes.append(part); });
  return bytes;
}

}  // namespace bauta
