// What the harnesses share. Each defines LLVMFuzzerTestOneInput: an input is read as hostile, what a reader
// documents to throw is caught, anything else ends the program and is a finding.
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

#include "io/byte_source.h"
#include "io/codec_error.h"
#include "io/file_error.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace bauta::fuzz {

inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

// A property that every input must have.
inline void require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "does not hold: %s\n", what);
  std::abort();
}

// Messages are one line that can be shown.
inline void require_message(const std::exception& error) {
  for (const char* c = error.what(); *c != '\0'; ++c)
    require(static_cast<unsigned char>(*c) >= 0x20 && *c != 0x7f, "an error is one line");
  require(std::strlen(error.what()) < 4096, "an error is short");
}

// Calls a reader, which may refuse what it is given, but in no other way than this.
template <typename Read>
bool accepts(const Read& read) {
  try {
    read();
    return true;
  } catch (const FileError& error) {
    require_message(error);
  } catch (const CodecError&) {
  }
  return false;
}

// The input as a file that has a path, for readers that take nothing else.
class InputAsFile {
 public:
  InputAsFile(const std::uint8_t* data, std::size_t size) {
    require(ftruncate(descriptor(), 0) == 0, "ftruncate");
    require(pwrite(descriptor(), data, size, 0) == static_cast<ssize_t>(size), "pwrite");
  }
  std::filesystem::path path() const { return "/proc/self/fd/" + std::to_string(descriptor()); }

 private:
  static int descriptor() {  // one for all inputs
    static const int file = memfd_create("input", MFD_CLOEXEC);
    require(file >= 0, "memfd_create");
    return file;
  }
};

// The input as bytes that are read by their offset.
class InputAsSource final : public ByteSource {
 public:
  InputAsSource(const std::uint8_t* data, std::size_t size) : ByteSource("input"), bytes_(data, size) {}

  std::uint64_t size() const override { return bytes_.size(); }
  void read_at(std::uint64_t offset, std::span<std::byte> into) const override {
    require(offset <= bytes_.size() && into.size() <= bytes_.size() - offset, "reads stay in the file");
    if (!into.empty()) std::memcpy(into.data(), bytes_.data() + offset, into.size());
  }

 private:
  std::span<const std::uint8_t> bytes_;
};

}  // namespace bauta::fuzz
