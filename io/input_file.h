#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

#include "io/byte_source.h"

namespace bauta {

// A regular file opened for reading, whose parts are read by their offset. Every member throws FileError.
class InputFile final : public ByteSource {
 public:
  // Throws if the path is missing, unreadable, a folder, or anything else that is not a regular file.
  explicit InputFile(std::filesystem::path name);
  ~InputFile() override;

  // Bytes in the file when it was opened.
  std::uint64_t size() const override { return size_; }

  // Fills `into` with the bytes from `offset` on; throws if the file ends before that.
  void read_at(std::uint64_t offset, std::span<std::byte> into) const override;

 private:
  int descriptor_ = -1;
  std::uint64_t size_ = 0;
};

// The whole content of a regular file of at most `max_bytes` bytes. Throws FileError, before it allocates
// anything, if the file is larger.
std::string read_file(const std::filesystem::path& path, std::uint64_t max_bytes);

}  // namespace bauta
