#include "io/png_codec.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <exception>
#include <new>

#include "io/codec_error.h"
#include "io/exif.h"
#include "io/icc_profile.h"
#include "io/photograph_rows.h"
#include "io/png_error.h"
#include "io/row_place.h"

// libpng reports errors by longjmp. Every function below that calls setjmp keeps what it works on in members,
// and holds no local object with a destructor, so that nothing is skipped or clobbered.

namespace bauta {
namespace {

constexpr std::size_t kSignatureBytes = 8;
constexpr png_byte kAnimation[] = "acTL";
constexpr std::size_t kMaxTextBytes = std::size_t{1} << 28;
// What deflate can reach at best is 1032:1; a file that claims more than this cannot be whole.
constexpr std::int64_t kMaxCompression = 1100;

// libpng's three structures for reading.
struct ReadHandle {
  explicit ReadHandle(PngErrorText& error)
      : png(png_create_read_struct(PNG_LIBPNG_VER_STRING, &error, on_png_error, on_png_warning)) {
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

// What libpng reads from: the source, through a buffer.
class BufferedSource {
 public:
  explicit BufferedSource(const ByteSource& source) : source_(source) {}

  std::uint64_t size() const { return source_.size(); }
  std::uint64_t left() const { return source_.size() - next_ + (filled_ - used_); }

  // Whether there were so many bytes. Throws nothing: what the source threw is in error().
  bool read(png_bytep into, std::size_t count) noexcept {
    try {
      while (count > 0) {
        if (used_ == filled_ && !fill()) return false;
        const std::size_t part = std::min(count, filled_ - used_);
        std::memcpy(into, buffer_.data() + used_, part);
        into += part;
        used_ += part;
        count -= part;
      }
      return true;
    } catch (...) {
      error_ = std::current_exception();
      return false;
    }
  }

  const std::exception_ptr& error() const { return error_; }

 private:
  bool fill() {
    filled_ = static_cast<std::size_t>(std::min<std::uint64_t>(buffer_.size(), source_.size() - next_));
    used_ = 0;
    source_.read_at(next_, std::span(buffer_).first(filled_));
    next_ += filled_;
    return filled_ > 0;
  }

  const ByteSource& source_;
  std::uint64_t next_ = 0;
  std::size_t used_ = 0, filled_ = 0;
  std::vector<std::byte> buffer_ = std::vector<std::byte>(std::size_t{1} << 16);
  std::exception_ptr error_;
};

class PngReader {
 public:
  enum class Keep { Eight, Depth, Texts };  // 8 bits of the samples; all, and the profile; texts alone

  PngReader(const ByteSource& source, Keep keep) : source_(source), keep_(keep) {
    read_header();
    check_size();  // first: libpng allocates rows in the next step
    set_transformations();
    row_.resize(row_bytes_);
  }
  PngReader(const PngReader&) = delete;
  PngReader& operator=(const PngReader&) = delete;

  std::size_t width() const { return png_get_image_width(handle_.png, handle_.info); }
  std::size_t height() const { return png_get_image_height(handle_.png, handle_.info); }
  std::size_t channels() const { return png_get_channels(handle_.png, handle_.info); }
  bool is_deep() const { return png_get_bit_depth(handle_.png, handle_.info) == 16; }

  // Calls take(y, samples) for each row, of channels() samples a pixel, 16-bit ones as the machine has them.
  // Reads to the end of the file.
  template <class Take>
  void read_rows(const Take& take) {
    if (passes_ > 1) read_all();
    for (std::size_t y = 0; y < height(); ++y) {
      if (passes_ == 1) read_row();
      take(y, passes_ == 1 ? row_.data() : all_.data() + y * row_bytes_);
    }
    all_ = {};
    read_end();
  }

  void skip_rows() {
    for (std::size_t i = 0; i < static_cast<std::size_t>(passes_) * height(); ++i) read_row();
    read_end();
  }

  // 1 but for an animation (APNG): what its chunk acTL says.
  std::uint32_t pictures() const {
    png_unknown_chunkp chunks = nullptr;
    const int count = png_get_unknown_chunks(handle_.png, handle_.info, &chunks);
    for (int i = 0; i < count; ++i)
      if (std::memcmp(chunks[i].name, kAnimation, sizeof kAnimation) == 0 && chunks[i].size >= 4)
        return png_get_uint_32(chunks[i].data);
    return 1;
  }

  int orientation() const {
    for (const png_infop info : {handle_.info, handle_.end_info}) {
      png_uint_32 size = 0;
      png_bytep exif = nullptr;
      if (png_get_eXIf_1(handle_.png, info, &size, &exif) != 0) return exif_orientation({exif, size});
    }
    return 1;
  }

  std::string icc_profile() const {
    png_charp name = nullptr;
    png_bytep bytes = nullptr;
    int method = 0;
    png_uint_32 size = 0;
    if (png_get_iCCP(handle_.png, handle_.info, &name, &method, &bytes, &size) == 0) return {};
    return {reinterpret_cast<const char*>(bytes), size};
  }

  std::optional<std::string> text_before_pixels(const std::string& keyword) const {
    return text_in(handle_.info, keyword);
  }
  std::optional<std::string> text_after_pixels(const std::string& keyword) const {
    return text_in(handle_.end_info, keyword);
  }

 private:
  static void on_read(png_structp png, png_bytep into, std::size_t count) {
    auto* source = static_cast<BufferedSource*>(png_get_io_ptr(png));
    if (!source->read(into, count)) png_error(png, "it ends too early");
    // Of a chunk's length libpng believes the first bytes, and takes as much memory.
    constexpr std::size_t kHeaderBytes = 8;
    const bool header = (png_get_io_state(png) & PNG_IO_MASK_LOC) == PNG_IO_CHUNK_HDR;
    if (header && count == kHeaderBytes && png_get_uint_32(into) > source->left())
      png_error(png, "it ends too early");
  }

  [[noreturn]] void throw_error() const {
    if (source_.error()) std::rethrow_exception(source_.error());
    throw CodecError("is damaged (" + std::string(error_.data()) + ")");
  }

  void read_header() {
    if (setjmp(png_jmpbuf(handle_.png))) throw_error();
    png_set_read_fn(handle_.png, &source_, on_read);
    // check_size() has the limit, and says it.
    png_set_user_limits(handle_.png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
    // A small compressed chunk can expand to a lot: what is not used is not expanded.
    static constexpr png_byte kIgnored[] = "iTXt\0tEXt\0zTXt\0sPLT\0iCCP";
    if (keep_ == Keep::Texts)
      png_set_chunk_malloc_max(handle_.png, kMaxTextBytes);
    else
      png_set_keep_unknown_chunks(handle_.png, PNG_HANDLE_CHUNK_NEVER, kIgnored,
                                  keep_ == Keep::Depth ? 4 : 5);
    png_set_keep_unknown_chunks(handle_.png, PNG_HANDLE_CHUNK_ALWAYS, kAnimation, 1);
    if (keep_ == Keep::Depth) png_set_chunk_malloc_max(handle_.png, kMostProfileBytes);
    png_read_info(handle_.png, handle_.info);
    bits_per_pixel_ =
        png_get_bit_depth(handle_.png, handle_.info) * png_get_channels(handle_.png, handle_.info);
  }

  // To grey or RGB of 8 or 16 bits, with alpha where there is transparency.
  void set_transformations() {
    if (setjmp(png_jmpbuf(handle_.png))) throw_error();
    png_set_expand(handle_.png);
    if (keep_ == Keep::Eight) png_set_scale_16(handle_.png);
    if (std::endian::native == std::endian::little) png_set_swap(handle_.png);
    passes_ = png_set_interlace_handling(handle_.png);
    png_read_update_info(handle_.png, handle_.info);
    row_bytes_ = png_get_rowbytes(handle_.png, handle_.info);
  }

  void check_size() const {
    const ImageSize size{static_cast<int>(width()), static_cast<int>(height())};
    require_readable_size(size);
    const std::int64_t pixels = static_cast<std::int64_t>(size.width) * size.height;
    if (pixels / 8 * bits_per_pixel_ > static_cast<std::int64_t>(source_.size()) * kMaxCompression) {
      throw CodecError("is damaged (it ends too early)");
    }
  }

  void read_row() {
    if (setjmp(png_jmpbuf(handle_.png))) throw_error();
    png_read_row(handle_.png, row_.data(), nullptr);
  }
  void read_all() {
    all_.resize(row_bytes_ * height());
    rows_.resize(height());
    for (std::size_t y = 0; y < rows_.size(); ++y) rows_[y] = all_.data() + y * row_bytes_;
    read_image();
  }
  void read_image() {
    if (setjmp(png_jmpbuf(handle_.png))) throw_error();
    png_read_image(handle_.png, rows_.data());
  }
  void read_end() {
    if (setjmp(png_jmpbuf(handle_.png))) throw_error();
    png_read_end(handle_.png, handle_.end_info);
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

  PngErrorText error_{};
  ReadHandle handle_{error_};
  BufferedSource source_;
  Keep keep_;
  int bits_per_pixel_ = 0, passes_ = 1;
  std::size_t row_bytes_ = 0;
  std::vector<std::uint8_t> row_, all_;
  std::vector<png_bytep> rows_;
};

std::uint8_t eight_bits(std::uint16_t value) {  // as libpng scales them
  return static_cast<std::uint8_t>((value * std::uint32_t{255} + 32895) >> 16);
}

// Takes a row of samples apart.
class Planes {
 public:
  Planes(Photograph& photo, const PngReader& reader)
      : photo_(photo), width_(reader.width()), channels_(reader.channels()) {
    photo.image = blank_image(static_cast<int>(reader.width()), static_cast<int>(reader.height()));
    photo.grey = channels_ <= 2;
    const std::size_t pixels = width_ * reader.height();
    const bool has_alpha = channels_ % 2 == 0;
    if (has_alpha && !reader.is_deep()) photo.alpha.resize(pixels);
    if (has_alpha && reader.is_deep()) photo.deep_alpha.resize(pixels);
    if (reader.is_deep()) photo.deep.resize(pixels * colours());
  }

  void take_row(std::size_t y, const std::uint8_t* samples) {
    std::uint8_t* rgb = photo_.image.at(0, static_cast<int>(y));
    if (channels_ == 3)
      std::copy_n(samples, 3 * width_, rgb);
    else
      split(samples, rgb, photo_.alpha.data() + (photo_.alpha.empty() ? 0 : y * width_),
            [](std::uint8_t value) { return value; });
  }

  void take_deep_row(std::size_t y, const std::uint8_t* bytes) {
    // libpng's rows, and ours in a vector, are aligned for it.
    const auto* samples = reinterpret_cast<const std::uint16_t*>(bytes);
    std::uint16_t* deep = photo_.deep.data() + y * width_ * colours();
    for (std::size_t x = 0; x < width_; ++x)
      std::copy_n(samples + x * channels_, colours(), deep + x * colours());
    split(samples, photo_.image.at(0, static_cast<int>(y)),
          photo_.deep_alpha.data() + (photo_.deep_alpha.empty() ? 0 : y * width_), eight_bits);
  }

 private:
  std::size_t colours() const { return channels_ <= 2 ? 1 : 3; }

  template <class Sample, class Eight>
  void split(const Sample* samples, std::uint8_t* rgb, Sample* alpha, const Eight& eight) {
    for (std::size_t x = 0; x < width_; ++x, samples += channels_, rgb += 3) {
      for (std::size_t c = 0; c < 3; ++c) rgb[c] = eight(samples[colours() == 1 ? 0 : c]);
      if (channels_ % 2 == 0) alpha[x] = samples[channels_ - 1];
    }
  }

  Photograph& photo_;
  std::size_t width_, channels_;
};

template <class Sample>
void turn(std::vector<Sample>& plane, const ImageSize& stored, int channels, int orientation) {
  if (plane.empty()) return;
  std::vector<Sample> upright(plane.size());
  const std::size_t row = static_cast<std::size_t>(stored.width) * static_cast<std::size_t>(channels);
  for (int y = 0; y < stored.height; ++y)
    place_row(plane.data() + static_cast<std::size_t>(y) * row, stored.width, channels,
              row_place(stored, orientation, y), upright.data());
  plane = std::move(upright);
}

Photograph decode(const ByteSource& source, PngReader::Keep keep) {
  PngReader reader(source, keep);
  if (reader.pictures() > 1)
    throw CodecError(
        "is an animation of " + std::to_string(reader.pictures()) + " pictures, which is not read",
        "save its pictures one by one, or take bauta video");
  Photograph photo;
  photo.icc_profile = fitting_profile(reader.icc_profile(), reader.channels() <= 2);
  Planes planes(photo, reader);
  reader.read_rows([&](std::size_t y, const std::uint8_t* samples) {
    if (reader.is_deep())
      planes.take_deep_row(y, samples);
    else
      planes.take_row(y, samples);
  });
  const int orientation = reader.orientation();
  if (orientation == 1) return photo;
  const ImageSize stored{photo.image.width, photo.image.height};
  photo.image = apply_orientation(std::move(photo.image), orientation);
  turn(photo.deep, stored, photo.grey ? 1 : 3, orientation);
  turn(photo.alpha, stored, 1, orientation);
  turn(photo.deep_alpha, stored, 1, orientation);
  return photo;
}

}  // namespace

bool is_png(std::string_view bytes) {
  return bytes.size() >= kSignatureBytes &&
         png_sig_cmp(reinterpret_cast<png_const_bytep>(bytes.data()), 0, kSignatureBytes) == 0;
}

Photograph decode_png_photograph(const ByteSource& source) { return decode(source, PngReader::Keep::Depth); }

Image decode_png(const ByteSource& source) { return over_white(decode(source, PngReader::Keep::Eight)); }

Image decode_png(std::string_view bytes) { return decode_png(MemorySource(bytes)); }

bool png_holds(std::string_view bytes, const Photograph& photo) {
  const MemorySource source(bytes);
  PngReader reader(source, PngReader::Keep::Depth);
  const PhotographRows rows(photo);
  if (ImageSize{static_cast<int>(reader.width()), static_cast<int>(reader.height())} != rows.size() ||
      reader.channels() != static_cast<std::size_t>(rows.channels()) || reader.is_deep() != rows.is_deep())
    return false;
  std::vector<std::uint8_t> expected(rows.row_bytes());
  bool same = true;
  reader.read_rows([&](std::size_t y, const std::uint8_t* samples) {
    rows.compose(static_cast<int>(y), expected.data());
    if (rows.is_deep() && std::endian::native == std::endian::little)  // the lower byte first
      for (std::size_t i = 0; i < expected.size(); i += 2) std::swap(expected[i], expected[i + 1]);
    same = same && std::equal(expected.begin(), expected.end(), samples);
  });
  return same && reader.orientation() == 1;
}

PngFacts png_facts(std::string_view bytes) {
  // Signature; length and type of IHDR; width and height, big-endian; bit depth, colour type.
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
  return {{static_cast<int>(width), static_cast<int>(height)}, bytes[24], bytes[25]};
}

std::optional<std::string> find_png_text(const ByteSource& source, const std::string& keyword) {
  PngReader reader(source, PngReader::Keep::Texts);
  if (auto text = reader.text_before_pixels(keyword)) return text;
  // Some programs move texts behind the pixels, where only a reader of the pixels gets to.
  reader.skip_rows();
  return reader.text_after_pixels(keyword);
}

}  // namespace bauta
