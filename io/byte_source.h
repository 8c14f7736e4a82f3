#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <span>
#include <stdexcept>
#include <string_view>

namespace bauta {

// Bytes that are read by their offset: a file's (InputFile), what a locked file holds (UnlockedFile), or
// others.
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

// Bytes in memory, which must outlive it.
class MemorySource final : public ByteSource {
 public:
  explicit MemorySource(std::string_view bytes) : ByteSource({}), bytes_(bytes) {}

  std::uint64_t size() const override { return bytes_.size(); }
  void read_at(std::uint64_t offset, std::span<std::byte> into) const override {
    if (offset > bytes_.size() || bytes_.size() - offset < into.size())
      throw std::out_of_range("MemorySource: there are no such bytes");
    std::memcpy(into.data(), bytes_.data() + offset, into.size());
  }

 private:
  std::string_view bytes_;
};

}  // namespace bauta
