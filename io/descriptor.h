// Streams of bytes that can't be gone back in: pipes, standard input and output.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <stdexcept>
#include <string_view>
#include <vector>

namespace bauta {

// A file descriptor that is closed with it; -1: none.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() { close(); }
  Descriptor(Descriptor&& other) noexcept : number_(other.number_) { other.number_ = -1; }
  Descriptor& operator=(Descriptor&& other) noexcept;

  int number() const { return number_; }
  bool open() const { return number_ >= 0; }
  void close();

 private:
  int number_ = -1;
};

// Waiting was ended from without.
class Stopped : public std::runtime_error {
 public:
  Stopped() : std::runtime_error("stopped") {}
};
// Waits until there is something to read from `descriptor`, or it has ended. Throws Stopped once there is
// something to read from `stop`; -1: nothing stops it.
void wait_for(int descriptor, int stop);

// Reads ahead. `path` is for messages; every member throws FileError where the system refuses, and Stopped.
class DescriptorReader {
 public:
  // Does not own the descriptors. stop: of wait_for.
  DescriptorReader(int descriptor, std::filesystem::path path, int stop = -1);

  // Fills `into` as far as there is something: fewer bytes than asked for are the end.
  std::size_t read(std::span<std::uint8_t> into);
  // Makes `into` so many bytes long and fills it, growing as they come: who claims much and sends little gets
  // little memory. false: the end came before.
  bool read_growing(std::vector<std::uint8_t>& into, std::size_t bytes);
  // The next byte; -1 at the end.
  int get() { return at_ < end_ || fill() ? buffer_[at_++] : -1; }

  const std::filesystem::path& path() const { return path_; }

 private:
  bool fill();
  std::size_t from_system(std::span<std::uint8_t> into);

  int descriptor_, stop_;
  std::filesystem::path path_;
  std::vector<std::uint8_t> buffer_;
  std::size_t at_ = 0, end_ = 0;
};

// All of it, or FileError for `path`.
void write_all(int descriptor, std::span<const std::uint8_t> bytes, const std::filesystem::path& path);
void write_all(int descriptor, std::string_view text, const std::filesystem::path& path);

// A file in the folder of `beside` that has no name and goes with its last descriptor, for its owner alone.
// Throws FileError.
Descriptor unnamed_file(const std::filesystem::path& beside);

}  // namespace bauta
