#include "io/video/nut.h"

#include <algorithm>
#include <stdexcept>
#include <string_view>

#include "io/file_error.h"

namespace bauta {
namespace {

constexpr std::string_view kFileId("nut/multimedia container\0", 25);

constexpr std::uint64_t startcode(char kind, std::uint64_t rest) {
  return (std::uint64_t{'N'} << 56) + (static_cast<std::uint64_t>(kind) << 48) + rest;
}
constexpr std::uint64_t kMain = startcode('M', 0x7A561F5F04AD), kStream = startcode('S', 0x11405BF2F9DB),
                        kSyncpoint = startcode('K', 0xE4ADEECA4569), kIndex = startcode('X', 0xDD672F23E64E);

enum Flag : std::uint64_t {
  kKeyframe = 1,
  kCodedPts = 8,
  kStreamId = 16,
  kSizeMsb = 32,
  kChecksum = 64,
  kReserved = 128,
  kSideData = 256,
  kHeaderIndex = 1024,
  kMatchTime = 2048,
  kCoded = 4096,
  kInvalid = 8192
};

constexpr std::uint64_t kMostPacketBytes = std::uint64_t{1} << 20;  // of headers
constexpr std::uint64_t kLongChecked = 4096;  // a packet header's length is checked itself beyond that
constexpr std::uint64_t kVersion = 3;
constexpr std::uint64_t kLatest = std::uint64_t{1} << 60;  // time, so that sums of two have room

// CRC-32 with the polynomial 0x04C11DB7, its highest bit first, from 0 and not inverted.
std::uint32_t checksum(std::string_view bytes) {
  static const auto table = [] {
    std::array<std::uint32_t, 256> made{};
    for (std::uint32_t i = 0; i < made.size(); ++i) {
      std::uint32_t value = i << 24;
      for (int bit = 0; bit < 8; ++bit) value = (value << 1) ^ ((value >> 31) * 0x04C11DB7u);
      made[i] = value;
    }
    return made;
  }();
  std::uint32_t crc = 0;
  for (const char byte : bytes) crc = (crc << 8) ^ table[(crc >> 24) ^ static_cast<std::uint8_t>(byte)];
  return crc;
}

// ---- what is written

void put_big_endian(std::string& into, std::uint64_t value, int bytes) {
  for (int i = bytes - 1; i >= 0; --i) into += static_cast<char>(value >> (8 * i) & 0xff);
}

// Seven bits a byte, the highest first, all but the last marked.
void put(std::string& into, std::uint64_t value) {
  int groups = 1;
  while (groups < 10 && value >> (7 * groups) != 0) ++groups;
  for (int i = groups - 1; i >= 0; --i)
    into += static_cast<char>((value >> (7 * i) & 0x7f) | (i > 0 ? 0x80u : 0u));
}

std::string packet_of(std::uint64_t code, std::string content) {
  put_big_endian(content, checksum(content), 4);
  std::string packet;
  put_big_endian(packet, code, 8);
  put(packet, content.size());
  if (content.size() > kLongChecked) put_big_endian(packet, checksum(packet), 4);
  return packet + content;
}

std::string_view fourcc_of(PixelLayout layout) {
  switch (layout) {
    case PixelLayout::Grey:
      return "Y800";
    case PixelLayout::Yuv420:
      return "I420";
    case PixelLayout::Yuv422:
      return "Y42B";
    case PixelLayout::Yuv444:
      return "444P";
    case PixelLayout::Rgb:
      return "RGB\x18";
  }
  throw std::invalid_argument("there is no such pixel layout");
}

std::string main_packet(const Ratio& time_base) {
  std::string content;
  for (const std::uint64_t value : {kVersion, std::uint64_t{1}, std::uint64_t{65536}, std::uint64_t{1}})
    put(content, value);  // version, streams, distance of syncpoints, time bases
  put(content, static_cast<std::uint64_t>(time_base.numerator));
  put(content, static_cast<std::uint64_t>(time_base.denominator));
  // Byte 0 begins a frame with its time, size and checksum; no other begins one. A row: flags, number of
  // fields that follow (time, multiple, stream, size, reserved, count), 'N' being left out of the count.
  for (const auto& [flags, count] :
       {std::pair<std::uint64_t, std::uint64_t>{kKeyframe | kCodedPts | kSizeMsb | kChecksum, 1},
        {kInvalid, 254}}) {
    put(content, flags);
    put(content, 6);
    for (const std::uint64_t field :
         {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{0}, std::uint64_t{0}, std::uint64_t{0}, count})
      put(content, field);
  }
  put(content, 0);  // no bytes are left out at frames' beginnings
  return packet_of(kMain, std::move(content));
}

std::string stream_packet(const VideoFormat& format) {
  std::string content;
  put(content, 0);  // its number
  put(content, 0);  // video
  const std::string_view fourcc = fourcc_of(format.layout);
  put(content, fourcc.size());
  content += fourcc;
  for (int zero = 0; zero < 2; ++zero) put(content, 0);  // time base, bits of shortened times
  put(content, 1);                                       // most that times differ without a checksum
  for (int zero = 0; zero < 3; ++zero) put(content, 0);  // delay, flags, codec's data
  put(content, static_cast<std::uint64_t>(format.width));
  put(content, static_cast<std::uint64_t>(format.height));
  const bool known = format.pixel_aspect.known();
  put(content, known ? static_cast<std::uint64_t>(format.pixel_aspect.numerator) : 0);
  put(content, known ? static_cast<std::uint64_t>(format.pixel_aspect.denominator) : 0);
  put(content, 0);  // colour space: whoever reads it is told
  return packet_of(kStream, std::move(content));
}

}  // namespace

NutWriter::NutWriter(int descriptor, std::filesystem::path path, const VideoFormat& format)
    : descriptor_(descriptor),
      path_(std::move(path)),
      frame_bytes_(planes_of(format.layout, format.width, format.height).bytes) {
  write_all(descriptor_, std::string(kFileId) + main_packet(format.time_base) + stream_packet(format), path_);
}

void NutWriter::write(const VideoFrame& frame) {
  if (frame.bytes.size() != frame_bytes_) throw std::invalid_argument("NutWriter: a frame of another size");
  if (frame.time < 0) throw std::invalid_argument("NutWriter: a negative time");
  const auto time = static_cast<std::uint64_t>(frame.time);
  std::string sync;
  put(sync, time);  // times the number of time bases, one
  put(sync, 0);
  std::string header(1, '\0');
  put(header, time + 1);  // as none is shortened to 0 bits
  put(header, frame.bytes.size());
  put_big_endian(header, checksum(header), 4);
  write_all(descriptor_, packet_of(kSyncpoint, std::move(sync)) + header, path_);
  write_all(descriptor_, frame.bytes, path_);
}

// ---- what is read

NutReader::NutReader(int descriptor, const std::filesystem::path& path, PixelLayout layout, int stop)
    : from_(descriptor, path, stop) {
  format_.layout = layout;
  for (const char expected : kFileId)
    if (byte() != static_cast<std::uint8_t>(expected)) fail("is no NUT stream");
  read_packets();
  if (!has_stream_) fail("has no pictures in it");
}

void NutReader::fail(const std::string& what) const {
  throw FileError(from_.path(), "what ffmpeg made of it " + what, "try another copy, or convert it first");
}

std::uint8_t NutReader::byte() {
  const int value = from_.get();
  if (value < 0) fail("ends too early");
  return static_cast<std::uint8_t>(value);
}

std::uint64_t NutReader::number() {
  std::uint64_t value = 0;
  for (int i = 0; i < 9; ++i) {
    const std::uint8_t part = byte();
    value = value << 7 | (part & 0x7f);
    if (part < 0x80) return value;
  }
  fail("has a number beyond all measure");
}

std::int64_t NutReader::signed_number() {
  const std::uint64_t value = number() + 1;
  if (value > kLatest) fail("has a number beyond all measure");
  const auto half = static_cast<std::int64_t>(value >> 1);
  return value & 1 ? -half : half;
}

void NutReader::skip(std::uint64_t bytes) {
  for (; bytes > 0; --bytes) byte();
}

// Packets up to the next frame, whose first byte is left in next_code_; -1 at the end.
void NutReader::read_packets() {
  for (;;) {
    const int first = from_.get();
    if (first != 'N') {
      next_code_ = first;
      return;
    }
    if (!packet('N')) {
      next_code_ = -1;
      return;
    }
  }
}

// false: the index, after which nothing comes.
bool NutReader::packet(std::uint8_t first) {
  std::uint64_t code = first;
  for (int i = 0; i < 7; ++i) code = code << 8 | byte();
  const std::uint64_t size = number();
  if (code == kIndex) return false;
  if (size < 4 || size > kMostPacketBytes) fail("has a header of " + std::to_string(size) + " bytes");
  if (size > kLongChecked) skip(4);
  if (code == kSyncpoint) {
    syncpoint();
    skip(4);
  } else if (code == kMain) {
    main_header();
  } else if (code == kStream) {
    stream_header();
  } else {
    skip(size);  // what the stream is called and the like
  }
  return true;
}

void NutReader::main_header() {
  const std::uint64_t version = number();
  if (version > 3) number();  // its minor version
  if (number() != 1) fail("has not one stream");
  number();  // distance of syncpoints
  const std::uint64_t bases = number();
  if (bases < 1 || bases > 16) fail("has a wrong number of time bases");
  time_bases_.clear();
  for (std::uint64_t i = 0; i < bases; ++i) {
    const auto above = static_cast<std::int64_t>(number());
    const auto below = static_cast<std::int64_t>(number());
    time_bases_.push_back({above, below});
  }
  codes();
  const std::uint64_t others = number();
  if (others > 127) fail("has too many headers left out");
  headers_.assign(1, {});
  for (std::uint64_t i = 0; i < others; ++i) {
    const std::uint64_t length = number();
    if (length > 256) fail("has a header left out that is too long");
    std::vector<std::uint8_t> header;
    for (std::uint64_t n = 0; n < length; ++n) header.push_back(byte());
    headers_.push_back(std::move(header));
  }
  if (version > 3) number();  // flags
  skip(4);
}

void NutReader::codes() {
  Code code;
  std::uint64_t count = 0;
  for (std::size_t i = 0; i < codes_.size();) {
    code.flags = number();
    const std::uint64_t fields = number();
    if (fields > 64) fail("has a row of too many fields");
    if (fields > 0) code.pts_delta = signed_number();
    if (fields > 1) code.multiple = number();
    if (fields > 2) code.stream = number();
    code.size = fields > 3 ? number() : 0;
    code.reserved = fields > 4 ? number() : 0;
    count = fields > 5 ? number() : code.multiple - code.size;
    if (fields > 6) signed_number();
    if (fields > 7) code.header = number();
    for (std::uint64_t field = 8; field < fields; ++field) number();
    if (count < 1 || count > codes_.size()) fail("has a table of codes that could not be");
    for (; count > 0 && i < codes_.size(); ++i) {
      codes_[i] = code;
      if (i == 'N') {
        codes_[i].flags = kInvalid;
        continue;
      }
      ++code.size;
      --count;
    }
  }
}

void NutReader::stream_header() {
  if (number() != 0 || number() != 0) fail("is no video");
  skip(std::min<std::uint64_t>(number(), kMostPacketBytes));  // what the codec is called
  time_base_ = number();
  pts_bits_ = number();
  if (time_base_ >= time_bases_.size() || pts_bits_ > 32) fail("has a time base that could not be");
  for (int i = 0; i < 3; ++i) number();                       // how far times differ, delay, flags
  skip(std::min<std::uint64_t>(number(), kMostPacketBytes));  // the codec's data
  const std::uint64_t width = number(), height = number();
  if (width < 1 || height < 1 || width > kMostFramePixels || height > kMostFramePixels / width)
    fail("has pictures of " + std::to_string(width) + " x " + std::to_string(height) + " pixels");
  format_.width = static_cast<int>(width);
  format_.height = static_cast<int>(height);
  format_.time_base = time_bases_[time_base_];
  if (!format_.time_base.known()) fail("has a time base that could not be");
  const auto above = static_cast<std::int64_t>(number());
  const auto below = static_cast<std::int64_t>(number());
  format_.pixel_aspect = {above, below};
  number();  // colour space
  skip(4);
  frame_bytes_ = planes_of(format_.layout, format_.width, format_.height).bytes;
  has_stream_ = true;
}

void NutReader::syncpoint() {
  const std::uint64_t time = number();
  number();  // how far back the last one is
  if (time_bases_.empty() || !has_stream_) fail("has no time base");
  const Ratio& from = time_bases_[time % time_bases_.size()];
  const auto pts = static_cast<std::int64_t>(time / time_bases_.size());
  const Ratio& to = format_.time_base;
  const long double in_stream =
      from == to || !from.known() ? pts : static_cast<long double>(pts) * from.value() / to.value();
  if (!(in_stream <= kLatest)) fail("has a time beyond all measure");
  last_pts_ = static_cast<std::int64_t>(in_stream);
}

bool NutReader::read(VideoFrame& frame) {
  if (next_code_ < 0) return false;
  Code code = codes_[static_cast<std::size_t>(next_code_)];
  if (code.flags & kCoded) code.flags ^= number();
  if (code.flags & kInvalid) fail("has a frame that could not be");
  if ((code.flags & kStreamId ? number() : code.stream) != 0) fail("has a second stream");
  std::int64_t pts = last_pts_ + code.pts_delta;
  if (code.flags & kCodedPts) {
    const std::uint64_t coded = number(), limit = std::uint64_t{1} << pts_bits_;
    if (coded > kLatest) fail("has a time beyond all measure");
    if (coded >= limit) {
      pts = static_cast<std::int64_t>(coded - limit);
    } else {  // the lowest bits of what is nearest to the last
      const auto mask = static_cast<std::int64_t>(limit - 1);
      const std::int64_t delta = last_pts_ - mask / 2;
      pts = ((static_cast<std::int64_t>(coded) - delta) & mask) + delta;
    }
  }
  std::uint64_t size = code.size;
  if (code.flags & kSizeMsb) size += code.multiple * number();
  if (code.flags & kMatchTime) signed_number();
  const std::uint64_t left_out = code.flags & kHeaderIndex ? number() : code.header;
  if (code.flags & kReserved) code.reserved = number();
  for (std::uint64_t i = 0; i < std::min<std::uint64_t>(code.reserved, 256); ++i) number();
  if (code.flags & kChecksum) skip(4);
  if (left_out >= headers_.size() || (code.flags & kSideData)) fail("has a frame that could not be");
  const std::vector<std::uint8_t>& known = headers_[left_out];
  if (size != frame_bytes_ || known.size() > size)
    fail("has a frame of " + std::to_string(size) + " bytes and not of " + std::to_string(frame_bytes_));
  if (pts < 0 || pts > static_cast<std::int64_t>(kLatest)) fail("has a time beyond all measure");
  last_pts_ = pts;
  frame.layout = format_.layout;
  frame.width = format_.width;
  frame.height = format_.height;
  frame.time = pts;
  if (!from_.read_growing(frame.bytes, frame_bytes_ - known.size())) fail("ends within a frame");
  frame.bytes.insert(frame.bytes.begin(), known.begin(), known.end());
  read_packets();
  return true;
}

}  // namespace bauta
