#include "io/jpeg_codec.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <memory>
#include <span>

#include "io/codec_error.h"
#include "io/exif.h"
#include "io/icc_profile.h"
#include "io/jpeg_errors.h"
#include "io/row_place.h"

// libjpeg reports errors by longjmp. Every function below that calls setjmp keeps what it works on in
// members, and holds no local object with a destructor, so that nothing is skipped or clobbered.

namespace bauta {
namespace {

constexpr int kExif = JPEG_APP0 + 1, kApp2 = JPEG_APP0 + 2, kOwnText = JPEG_APP0 + 15;
constexpr std::string_view kExifPrefix("Exif\0\0", 6), kMpfPrefix("MPF\0", 4);
constexpr unsigned kLongestSegment = 0xffff;
// A block of 64 pixels takes a bit at least in the file.
constexpr std::int64_t kMostPixelsPerByte = 512;
// Every scan of a progressive JPEG goes over the whole picture, however few bytes it has. Cameras and
// programs write up to some 20.
constexpr int kMostScans = 100;

void check_scans(j_common_ptr common) {
  auto* jpeg = reinterpret_cast<j_decompress_ptr>(common);
  if (jpeg->input_scan_number > kMostScans) fail_jpeg(common, "it has too many scans");
}

// C, M, Y, K to R, G, B in place: Adobe stores them inverted.
void cmyk_to_rgb(const std::uint8_t* cmyk, int pixels, bool inverted, std::uint8_t* rgb) {
  for (int x = 0; x < pixels; ++x, cmyk += 4, rgb += 3) {
    const int black = inverted ? cmyk[3] : 255 - cmyk[3];
    for (int c = 0; c < 3; ++c)
      rgb[c] = static_cast<std::uint8_t>(((inverted ? cmyk[c] : 255 - cmyk[c]) * black + 127) / 255);
  }
}

class JpegReader {
 public:
  explicit JpegReader(std::string_view bytes) : bytes_(bytes) {
    if (!is_jpeg(bytes)) throw CodecError("is damaged (it does not start as a JPEG does)");
    errors_.attach(reinterpret_cast<j_common_ptr>(&jpeg_));
    create();
    progress_.progress_monitor = check_scans;
    jpeg_.progress = &progress_;
    try {
      read_header();
    } catch (...) {
      jpeg_destroy_decompress(&jpeg_);
      throw;
    }
  }
  ~JpegReader() { jpeg_destroy_decompress(&jpeg_); }
  JpegReader(const JpegReader&) = delete;
  JpegReader& operator=(const JpegReader&) = delete;

  ImageSize size() const {
    return {static_cast<int>(jpeg_.image_width), static_cast<int>(jpeg_.image_height)};
  }
  bool grey() const { return jpeg_.num_components == 1; }

  int orientation() const {
    for (const jpeg_marker_struct* segment = jpeg_.marker_list; segment; segment = segment->next) {
      const std::string_view content(reinterpret_cast<const char*>(segment->data), segment->data_length);
      if (segment->marker != kExif || !content.starts_with(kExifPrefix)) continue;
      return exif_orientation({segment->data + kExifPrefix.size(), content.size() - kExifPrefix.size()});
    }
    return 1;
  }

  int pictures_beside() const {
    for (const jpeg_marker_struct* segment = jpeg_.marker_list; segment; segment = segment->next) {
      const std::string_view content(reinterpret_cast<const char*>(segment->data), segment->data_length);
      if (segment->marker != kApp2 || !content.starts_with(kMpfPrefix)) continue;
      return pictures_beside_first({segment->data + kMpfPrefix.size(), content.size() - kMpfPrefix.size()});
    }
    return 0;
  }

  std::string own_text() const {
    std::string text;
    for (const jpeg_marker_struct* segment = jpeg_.marker_list; segment; segment = segment->next) {
      const std::string_view content(reinterpret_cast<const char*>(segment->data), segment->data_length);
      if (segment->marker == kOwnText && content.starts_with(kJpegTextPrefix))
        text += content.substr(kJpegTextPrefix.size());
    }
    return text;
  }

  std::string icc_profile() {
    take_profile();
    const std::unique_ptr<JOCTET, void (*)(void*)> owner(profile_, std::free);
    std::string profile(reinterpret_cast<const char*>(profile_), profile_bytes_);
    profile_ = nullptr;
    return fitting_profile(std::move(profile), grey());
  }

  // Upright RGB.
  Image read_pixels() {
    const ImageSize stored = size();
    require_readable_size(stored);
    if (std::int64_t{stored.width} * stored.height >
        static_cast<std::int64_t>(bytes_.size()) * kMostPixelsPerByte)
      throw CodecError("is damaged (it ends too early)");
    orientation_ = orientation();
    image_ = swaps_sides(orientation_) ? blank_image(stored.height, stored.width)
                                       : blank_image(stored.width, stored.height);
    start();
    const auto width = static_cast<std::size_t>(stored.width);
    strip_.resize(kStripRows * width * static_cast<std::size_t>(jpeg_.output_components));
    rgb_.resize(kStripRows * width * 3);
    for (std::size_t row = 0; row < kStripRows; ++row)
      rows_[row] = strip_.data() + row * width * static_cast<std::size_t>(jpeg_.output_components);
    for (int y = 0; y < stored.height;) {
      const int count = read_rows();
      place_rows(y, count);
      y += count;
    }
    finish();
    return std::move(image_);
  }

 private:
  static constexpr std::size_t kStripRows = 16;

  void create() {
    if (setjmp(errors_.jump)) errors_.throw_error();
    jpeg_create_decompress(&jpeg_);
  }

  void read_header() {
    if (setjmp(errors_.jump)) errors_.throw_error();
    jpeg_mem_src(&jpeg_, reinterpret_cast<const unsigned char*>(bytes_.data()), bytes_.size());
    for (const int marker : {kExif, kApp2, kOwnText}) jpeg_save_markers(&jpeg_, marker, kLongestSegment);
    jpeg_read_header(&jpeg_, TRUE);
    if (jpeg_.num_components == 4) jpeg_.out_color_space = JCS_CMYK;
    if (jpeg_.num_components == 3) jpeg_.out_color_space = JCS_RGB;
  }

  void take_profile() {
    profile_bytes_ = 0;
    if (setjmp(errors_.jump)) errors_.throw_error();
    if (!jpeg_read_icc_profile(&jpeg_, &profile_, &profile_bytes_)) profile_bytes_ = 0;
  }

  void start() {
    if (setjmp(errors_.jump)) errors_.throw_error();
    jpeg_start_decompress(&jpeg_);
  }

  // Reads up to kStripRows into strip_.
  int read_rows() {
    count_ = 0;
    if (setjmp(errors_.jump)) errors_.throw_error();
    while (count_ < static_cast<int>(kStripRows) && jpeg_.output_scanline < jpeg_.output_height)
      count_ += static_cast<int>(
          jpeg_read_scanlines(&jpeg_, rows_.data() + count_,
                              static_cast<JDIMENSION>(kStripRows) - static_cast<JDIMENSION>(count_)));
    return count_;
  }

  void finish() {
    if (setjmp(errors_.jump)) errors_.throw_error();
    jpeg_finish_decompress(&jpeg_);
  }

  // One row of the strip as RGB.
  const std::uint8_t* rgb_row(int row) {
    const int width = static_cast<int>(jpeg_.output_width);
    const std::uint8_t* from = rows_[static_cast<std::size_t>(row)];
    if (jpeg_.output_components == 3) return from;
    std::uint8_t* to = rgb_.data() + 3 * static_cast<std::size_t>(row) * static_cast<std::size_t>(width);
    if (jpeg_.output_components == 4) {
      cmyk_to_rgb(from, width, jpeg_.saw_Adobe_marker, to);
    } else {
      for (int x = 0; x < width; ++x) std::fill_n(to + 3 * x, 3, from[x]);
    }
    return to;
  }

  void place_rows(int y, int count) {
    const ImageSize stored = size();
    if (!swaps_sides(orientation_)) {
      for (int row = 0; row < count; ++row) {
        const RowPlace place = row_place(stored, orientation_, y + row);
        if (place.step == 1)
          std::copy_n(rgb_row(row), 3 * static_cast<std::size_t>(stored.width),
                      image_.pixels.data() + 3 * place.first);
        else
          place_row(rgb_row(row), stored.width, 3, place, image_.pixels.data());
      }
      return;
    }
    // The strip's columns become rows: a column at a time, so that what is near is written together.
    std::array<const std::uint8_t*, kStripRows> rows{};
    std::array<RowPlace, kStripRows> places{};
    for (int row = 0; row < count; ++row) {
      rows[static_cast<std::size_t>(row)] = rgb_row(row);
      places[static_cast<std::size_t>(row)] = row_place(stored, orientation_, y + row);
    }
    for (int x = 0; x < stored.width; ++x)
      for (std::size_t row = 0; row < static_cast<std::size_t>(count); ++row)
        std::copy_n(rows[row] + 3 * x, 3,
                    image_.pixels.data() + 3 * (places[row].first + x * places[row].step));
  }

  JpegErrors errors_;
  jpeg_decompress_struct jpeg_{};
  jpeg_progress_mgr progress_{};
  std::string_view bytes_;
  int orientation_ = 1, count_ = 0;
  Image image_;
  std::vector<std::uint8_t> strip_, rgb_;
  std::array<JSAMPROW, kStripRows> rows_{};
  JOCTET* profile_ = nullptr;
  unsigned profile_bytes_ = 0;
};

}  // namespace

bool is_jpeg(std::string_view bytes) { return bytes.starts_with("\xff\xd8\xff"); }

JpegFacts jpeg_facts(std::string_view bytes) {
  const JpegReader reader(bytes);
  return {reader.size(), reader.orientation()};
}

Photograph decode_jpeg_photograph(std::string_view bytes) {
  JpegReader reader(bytes);
  Photograph photo;
  photo.grey = reader.grey();
  photo.icc_profile = reader.icc_profile();
  photo.pictures_beside = reader.pictures_beside();
  photo.image = reader.read_pixels();
  return photo;
}

Image decode_jpeg(std::string_view bytes) { return JpegReader(bytes).read_pixels(); }

std::optional<std::string> find_jpeg_text(std::string_view bytes) {
  std::string text = JpegReader(bytes).own_text();
  if (text.empty()) return std::nullopt;
  return text;
}

}  // namespace bauta
