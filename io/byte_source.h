#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>

namespace bauta {

// Bytes that are read by their offset: a file's (InputFile), or what a locked file holds (UnlockedFile).
class ByteSource {
 public:
  virtual ~ByteSource() = default;
  ByteSource(const ByteSource&) = delete;
  ByteSource& operator=(const ByteSource&) = delete;

  // The file that errors are about.
  const std::filesystem::path& path() const { return path_; }

  virtual std::uint64_t size() const = 0;

  // Fills `into` with the bytes from `offset` on. Throws FileError if it cannot be read or ends before that.
  virtual void read_at(std::uint64_t offset, std::span<std::byte> into) const = 0;

 protected:
  explicit ByteSource(std::filesystem::path path) : path_(std::move(path)) {}

 private:
  std::filesystem::path path_;
};

}  // namespace bauta
