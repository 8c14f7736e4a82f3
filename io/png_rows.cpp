#include "io/png_rows.h"

#include <isa-l/crc.h>
#include <isa-l/igzip_lib.h>

#include <algorithm>
#include <stdexcept>

namespace bauta {
namespace {

constexpr std::uint8_t kUp = 2;  // PNG specification, 9.2
constexpr std::size_t kStripBytes = std::size_t{1} << 18;
constexpr int kLevel = 1;

}  // namespace

// A zlib stream (RFC 1950), in chunks of a strip at most.
class PngRows::Compressor {
 public:
  explicit Compressor(std::string& png) : png_(png), level_buffer_(ISAL_DEF_LVL1_LARGE), out_(kStripBytes) {
    isal_deflate_init(&stream_);
    stream_.level = kLevel;
    stream_.level_buf = level_buffer_.data();
    stream_.level_buf_size = static_cast<std::uint32_t>(level_buffer_.size());
    stream_.gzip_flag = IGZIP_ZLIB;
  }

  void operator()(std::vector<std::uint8_t>& bytes, bool last) {
    stream_.next_in = bytes.data();
    stream_.avail_in = static_cast<std::uint32_t>(bytes.size());
    stream_.end_of_stream = last;
    do {
      stream_.next_out = out_.data();
      stream_.avail_out = static_cast<std::uint32_t>(out_.size());
      if (isal_deflate(&stream_) != COMP_OK) throw std::runtime_error("ISA-L cannot compress a picture");
      append_chunk(out_.size() - stream_.avail_out);
    } while (stream_.avail_out == 0);
  }

 private:
  // Length, type, data, checksum of the last two (PNG specification, 5.3).
  void append_chunk(std::size_t length) {
    if (length == 0) return;
    append_number(static_cast<std::uint32_t>(length));
    const std::size_t start = png_.size();
    png_ += "IDAT";
    png_.append(reinterpret_cast<const char*>(out_.data()), length);
    append_number(
        crc32_gzip_refl(0, reinterpret_cast<const unsigned char*>(png_.data() + start), length + 4));
  }

  void append_number(std::uint32_t number) {  // the highest byte first
    for (int shift = 24; shift >= 0; shift -= 8) png_ += static_cast<char>(number >> shift & 0xff);
  }

  std::string& png_;
  std::vector<std::uint8_t> level_buffer_, out_;
  isal_zstream stream_;
};

PngRows::PngRows(std::size_t row_bytes, std::string& png)
    : row_bytes_(row_bytes), above_(row_bytes), compressor_(std::make_unique<Compressor>(png)) {
  filtered_.reserve(kStripBytes + row_bytes + 1);
}

PngRows::~PngRows() = default;

void PngRows::filter(const std::uint8_t* row) {
  filtered_.push_back(kUp);
  const std::size_t start = filtered_.size();
  filtered_.resize(start + row_bytes_);
  std::transform(
      row, row + row_bytes_, above_.data(), filtered_.data() + start,
      [](std::uint8_t here, std::uint8_t above) { return static_cast<std::uint8_t>(here - above); });
  std::copy_n(row, row_bytes_, above_.data());
}

void PngRows::add(const std::uint8_t* row) {
  filter(row);
  if (filtered_.size() < kStripBytes) return;
  (*compressor_)(filtered_, false);
  filtered_.clear();
}

void PngRows::finish() { (*compressor_)(filtered_, true); }

}  // namespace bauta
