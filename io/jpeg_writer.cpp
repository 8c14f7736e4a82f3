#include <algorithm>
#include <cstdlib>
#include <stdexcept>
#include <vector>

#include "io/codec_error.h"
#include "io/icc_profile.h"
#include "io/jpeg_codec.h"
#include "io/jpeg_errors.h"

// As in jpeg_codec.cpp: no local object with a destructor beside a setjmp.

namespace bauta {
namespace {

constexpr std::size_t kSegmentBytes = 65533;
constexpr int kHalvedColoursUpTo = 90;

class JpegWriter {
 public:
  JpegWriter() {
    errors_.attach(reinterpret_cast<j_common_ptr>(&jpeg_));
    create();
  }
  ~JpegWriter() {
    jpeg_destroy_compress(&jpeg_);
    std::free(bytes_);
  }
  JpegWriter(const JpegWriter&) = delete;
  JpegWriter& operator=(const JpegWriter&) = delete;

  std::string write(const Image& image, bool grey, int quality, const std::string& profile,
                    const std::string& text) {
    row_.resize(static_cast<std::size_t>(image.width));
    start(image, grey, quality);
    if (!profile.empty()) add_profile(profile);
    for (std::size_t at = 0; at < text.size(); at += kSegmentBytes - kJpegTextPrefix.size()) {
      segment_ = std::string(kJpegTextPrefix) + text.substr(at, kSegmentBytes - kJpegTextPrefix.size());
      add_segment();
    }
    add_pixels(image, grey);
    return {reinterpret_cast<const char*>(bytes_), size_};
  }

 private:
  void create() {
    if (setjmp(errors_.jump)) errors_.throw_error();
    jpeg_create_compress(&jpeg_);
    jpeg_mem_dest(&jpeg_, &bytes_, &size_);
  }

  void start(const Image& image, bool grey, int quality) {
    if (setjmp(errors_.jump)) errors_.throw_error();
    jpeg_.image_width = static_cast<JDIMENSION>(image.width);
    jpeg_.image_height = static_cast<JDIMENSION>(image.height);
    jpeg_.input_components = grey ? 1 : 3;
    jpeg_.in_color_space = grey ? JCS_GRAYSCALE : JCS_RGB;
    jpeg_set_defaults(&jpeg_);
    jpeg_set_quality(&jpeg_, quality, TRUE);
    if (!grey && quality > kHalvedColoursUpTo)
      jpeg_.comp_info[0].h_samp_factor = jpeg_.comp_info[0].v_samp_factor = 1;
    jpeg_start_compress(&jpeg_, TRUE);
  }

  void add_profile(const std::string& profile) {
    if (setjmp(errors_.jump)) errors_.throw_error();
    jpeg_write_icc_profile(&jpeg_, reinterpret_cast<const JOCTET*>(profile.data()),
                           static_cast<unsigned>(profile.size()));
  }

  void add_segment() {
    if (setjmp(errors_.jump)) errors_.throw_error();
    jpeg_write_marker(&jpeg_, JPEG_APP0 + 15, reinterpret_cast<const JOCTET*>(segment_.data()),
                      static_cast<unsigned>(segment_.size()));
  }

  void add_pixels(const Image& image, bool grey) {
    if (setjmp(errors_.jump)) errors_.throw_error();
    while (jpeg_.next_scanline < jpeg_.image_height) {
      const std::uint8_t* pixels = image.at(0, static_cast<int>(jpeg_.next_scanline));
      JSAMPROW row = const_cast<JSAMPROW>(pixels);  // libjpeg only reads it
      if (grey) {
        for (std::size_t x = 0; x < row_.size(); ++x) row_[x] = pixels[3 * x];
        row = row_.data();
      }
      jpeg_write_scanlines(&jpeg_, &row, 1);
    }
    jpeg_finish_compress(&jpeg_);
  }

  JpegErrors errors_;
  jpeg_compress_struct jpeg_{};
  unsigned char* bytes_ = nullptr;
  unsigned long size_ = 0;
  std::vector<std::uint8_t> row_;
  std::string segment_;
};

std::string encode(const Image& image, bool grey, int quality, const std::string& profile,
                   const std::string& text) {
  if (quality < 1 || quality > 100) throw std::invalid_argument("encode_jpeg: a quality is 1 to 100");
  const auto count = std::int64_t{3} * image.width * image.height;
  if (image.width < 1 || image.height < 1 || image.pixels.size() != static_cast<std::size_t>(count))
    throw std::invalid_argument("encode_jpeg: the picture's size does not fit its pixels");
  if (std::max(image.width, image.height) > JPEG_MAX_DIMENSION)
    throw CodecError("is too long for a JPEG, which has at most 65500 pixels a side",
                     "make it smaller or take --format png");
  return JpegWriter().write(image, grey, quality, profile, text);
}

}  // namespace

std::string encode_jpeg(const Image& image, int quality) { return encode(image, false, quality, {}, {}); }

std::string encode_jpeg(const Photograph& photo, int quality, const std::string& text) {
  const bool grey = stays_grey(photo);
  return encode(photo.image, grey, quality, fitting_profile(photo.icc_profile, grey), text);
}

}  // namespace bauta
