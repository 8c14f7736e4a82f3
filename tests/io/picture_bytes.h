#pragma once

#include <zlib.h>

#include <cstdint>
#include <string>
#include <vector>

namespace bauta {

// Hand-made parts of picture files, for tests of what no writer of ours would write.

inline std::string big_endian(std::uint64_t value, int bytes) {
  std::string text;
  for (int i = bytes; i-- > 0;) text.push_back(static_cast<char>(value >> (8 * i) & 0xff));
  return text;
}

inline std::string little_endian(std::uint64_t value, int bytes) {
  const std::string text = big_endian(value, bytes);
  return {text.rbegin(), text.rend()};
}

inline std::string png_chunk(const std::string& type, const std::string& content) {
  const std::string body = type + content;
  const uLong sum = crc32(0, reinterpret_cast<const Bytef*>(body.data()), static_cast<uInt>(body.size()));
  return big_endian(content.size(), 4) + body + big_endian(sum, 4);
}

inline std::string deflated(const std::string& bytes) {
  uLongf size = compressBound(bytes.size());
  std::string result(size, '\0');
  compress(reinterpret_cast<Bytef*>(result.data()), &size, reinterpret_cast<const Bytef*>(bytes.data()),
           bytes.size());
  result.resize(size);
  return result;
}

// A PNG of the given scanlines (each with its filter byte), with `extra` chunks before the pixels.
inline std::string png_file(std::uint32_t width, std::uint32_t height, int bit_depth, int colour_type,
                            const std::string& scanlines, const std::string& extra = {}) {
  const std::string header = big_endian(width, 4) + big_endian(height, 4) + static_cast<char>(bit_depth) +
                             static_cast<char>(colour_type) + std::string(3, '\0');
  return "\x89PNG\r\n\x1a\n" + png_chunk("IHDR", header) + extra + png_chunk("IDAT", deflated(scanlines)) +
         png_chunk("IEND", "");
}

// A TIFF structure, as in an EXIF block, whose one directory entry is the orientation.
inline std::string tiff_orientation(int orientation, bool is_big_endian) {
  const auto number = is_big_endian ? big_endian : little_endian;
  return (is_big_endian ? "MM" : "II") + number(42, 2) + number(8, 4) + number(1, 2) + number(0x0112, 2) +
         number(3, 2) + number(1, 4) + number(static_cast<std::uint64_t>(orientation), 2) + number(0, 2) +
         number(0, 4);
}

// The index of a multi-picture JPEG (CIPA DC-007) as a TIFF structure, of pictures with these types.
inline std::string mpf_index(const std::vector<std::uint32_t>& types, bool is_big_endian) {
  const auto number = is_big_endian ? big_endian : little_endian;
  std::string entries;
  for (const std::uint32_t type : types) entries += number(type, 4) + number(0, 8) + number(0, 4);
  const auto entry = [&](int tag, int type, std::size_t count, std::uint64_t value) {
    return number(static_cast<std::uint64_t>(tag), 2) + number(static_cast<std::uint64_t>(type), 2) +
           number(count, 4) + number(value, 4);
  };
  constexpr std::uint64_t kEntriesAt = 8 + 2 + 2 * 12 + 4;
  return (is_big_endian ? "MM" : "II") + number(42, 2) + number(8, 4) + number(2, 2) +
         entry(0xb001, 4, 1, types.size()) + entry(0xb002, 7, entries.size(), kEntriesAt) + number(0, 4) +
         entries;
}

// A JPEG's APP1 segment with an EXIF block.
inline std::string jpeg_exif(const std::string& tiff) {
  const std::string content = std::string("Exif\0\0", 6) + tiff;
  return "\xff\xe1" + big_endian(content.size() + 2, 2) + content;
}

}  // namespace bauta
