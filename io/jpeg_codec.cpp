#include "io/jpeg_codec.h"

#include <stb/stb_image.h>
#include <stb/stb_image_write.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>

#include "io/codec_error.h"
#include "io/exif.h"

namespace bauta {
namespace {

// Marker codes: ITU-T T.81, table B.1.
constexpr int kStartOfImage = 0xd8;
constexpr int kEndOfImage = 0xd9;
constexpr int kStartOfScan = 0xda;
constexpr int kHuffmanTables = 0xc4;
constexpr int kApp1 = 0xe1;
constexpr std::string_view kExifPrefix("Exif\0\0", 6);

int byte_at(std::string_view bytes, std::size_t i) { return static_cast<unsigned char>(bytes[i]); }

bool is_restart(int marker) { return marker >= 0xd0 && marker <= 0xd7; }

// Walks the segments of a JPEG in file order.
class JpegSegments {
 public:
  struct Segment {
    int marker;
    std::string_view content;
  };

  explicit JpegSegments(std::string_view bytes) : bytes_(bytes) {
    if (!is_jpeg(bytes_)) throw CodecError("is damaged (it does not start as a JPEG does)");
    position_ = 2;
  }

  // The next segment; nothing at the end marker. Throws CodecError where the file ends without one.
  std::optional<Segment> next() {
    const int marker = next_marker();
    if (marker == kEndOfImage) return std::nullopt;
    if (bytes_.size() - position_ < 2) throw_cut_off();
    const std::size_t length =
        static_cast<std::size_t>(byte_at(bytes_, position_) << 8 | byte_at(bytes_, position_ + 1));
    if (length < 2 || bytes_.size() - position_ < length) throw_cut_off();
    const Segment segment{marker, bytes_.substr(position_ + 2, length - 2)};
    position_ += length;
    return segment;
  }

 private:
  [[noreturn]] static void throw_cut_off() { throw CodecError("is damaged (it ends too early)"); }

  // Skips what is no marker: compressed data, in which FF stands only before 00 or a restart marker.
  int next_marker() {
    while (position_ + 1 < bytes_.size()) {
      const std::size_t found = bytes_.find('\xff', position_);
      if (found == std::string_view::npos || found + 1 >= bytes_.size()) break;
      const int code = byte_at(bytes_, found + 1);
      position_ = code == 0xff ? found + 1 : found + 2;  // FF may be repeated as padding
      if (code != 0x00 && code != 0x01 && code != 0xff && code != kStartOfImage && !is_restart(code))
        return code;
    }
    throw_cut_off();
  }

  std::string_view bytes_;
  std::size_t position_ = 0;
};

// Some versions of stb_image write beyond their arrays when a table lists more than 256 codes, or goes on
// behind its segment. A segment holds tables of a class byte, 16 counts and as many values as these sum to
// (T.81, B.2.4.2).
void check_huffman_tables(std::string_view segment) {
  constexpr std::size_t kHeadBytes = 17;
  constexpr std::size_t kMaxCodes = 256;
  while (!segment.empty()) {
    std::size_t codes = 0;
    for (std::size_t i = 1; i < std::min(kHeadBytes, segment.size()); ++i) {
      codes += static_cast<std::size_t>(byte_at(segment, i));
    }
    if (segment.size() < kHeadBytes + codes || codes > kMaxCodes) {
      throw CodecError("is damaged (impossible Huffman table)");
    }
    segment.remove_prefix(kHeadBytes + codes);
  }
}

bool is_frame(int marker) {
  return marker >= 0xc0 && marker <= 0xcf && marker != kHuffmanTables && marker != 0xc8 && marker != 0xcc;
}

// A frame's header starts with its precision, its height and its width (T.81, B.2.2).
ImageSize frame_size(std::string_view segment) {
  if (segment.size() < 5) throw CodecError("is damaged (its frame header is cut off)");
  const auto number = [segment](std::size_t i) { return byte_at(segment, i) << 8 | byte_at(segment, i + 1); };
  return {number(3), number(1)};
}

struct JpegLayout {
  ImageSize size;
  int orientation = 1;
};

// Walks to the end marker, which must be there, after a frame header and a scan.
JpegLayout check_layout(std::string_view bytes) {
  std::optional<ImageSize> size;
  std::optional<int> orientation;
  bool has_scan = false;
  JpegSegments segments(bytes);
  while (const auto segment = segments.next()) {
    if (segment->marker == kHuffmanTables) check_huffman_tables(segment->content);
    if (is_frame(segment->marker) && !size) size = frame_size(segment->content);
    has_scan = has_scan || segment->marker == kStartOfScan;
    if (segment->marker == kApp1 && !orientation && segment->content.starts_with(kExifPrefix)) {
      const std::string_view tiff = segment->content.substr(kExifPrefix.size());
      orientation = exif_orientation({reinterpret_cast<const std::uint8_t*>(tiff.data()), tiff.size()});
    }
  }
  if (!size || !has_scan) throw CodecError("is damaged (it holds no picture)");
  return {*size, orientation.value_or(1)};
}

[[noreturn]] void throw_stb_error() {
  const char* reason = stbi_failure_reason();  // it does not always give one
  throw CodecError("is a JPEG that cannot be decoded (" + std::string(reason ? reason : "damaged data") + ")",
                   "save it anew with another program or leave it out");
}

}  // namespace

bool is_jpeg(std::string_view bytes) { return bytes.starts_with("\xff\xd8\xff"); }

ImageSize jpeg_size(std::string_view bytes) {
  JpegSegments segments(bytes);
  while (const auto segment = segments.next()) {
    if (is_frame(segment->marker)) return frame_size(segment->content);
  }
  throw CodecError("is damaged (it holds no picture)");
}

Image decode_jpeg(std::string_view bytes) {
  const JpegLayout layout = check_layout(bytes);
  require_readable_size(layout.size);
  Image image;
  int channels = 0;
  const std::unique_ptr<stbi_uc, void (*)(void*)> pixels(
      stbi_load_from_memory(reinterpret_cast<const stbi_uc*>(bytes.data()), static_cast<int>(bytes.size()),
                            &image.width, &image.height, &channels, 3),
      stbi_image_free);
  if (!pixels) throw_stb_error();
  if (ImageSize{image.width, image.height} != layout.size) throw CodecError("is damaged (it has two sizes)");
  const std::size_t count =
      3 * static_cast<std::size_t>(image.width) * static_cast<std::size_t>(image.height);
  image.pixels.assign(pixels.get(), pixels.get() + count);
  return apply_orientation(std::move(image), layout.orientation);
}

std::string encode_jpeg(const Image& image, int quality) {
  if (quality < 1 || quality > 100) throw std::invalid_argument("encode_jpeg: a quality is 1 to 100");
  const auto count = std::int64_t{3} * image.width * image.height;
  if (image.width < 1 || image.height < 1 || image.pixels.size() != static_cast<std::size_t>(count))
    throw std::invalid_argument("encode_jpeg: the picture's size does not fit its pixels");
  std::string bytes;
  const auto append = [](void* into, void* data, int size) {
    static_cast<std::string*>(into)->append(static_cast<const char*>(data), static_cast<std::size_t>(size));
  };
  if (!stbi_write_jpg_to_func(append, &bytes, image.width, image.height, 3, image.pixels.data(), quality))
    throw std::invalid_argument("encode_jpeg: stb_image_write takes no such picture");
  return bytes;
}

}  // namespace bauta
