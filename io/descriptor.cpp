#include "io/descriptor.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string>
#include <system_error>

#include "io/file_error.h"

namespace bauta {
namespace {

constexpr std::size_t kBufferBytes = std::size_t{1} << 16;

std::string reason(int error) { return std::generic_category().message(error); }

}  // namespace

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
  if (this != &other) {
    close();
    number_ = other.number_;
    other.number_ = -1;
  }
  return *this;
}

void Descriptor::close() {
  if (number_ >= 0) ::close(number_);
  number_ = -1;
}

void wait_for(int descriptor, int stop) {
  if (stop < 0) return;  // whoever reads waits by itself
  std::array<pollfd, 2> both{pollfd{descriptor, POLLIN, 0}, pollfd{stop, POLLIN, 0}};
  while (::poll(both.data(), both.size(), -1) < 0 && errno == EINTR) {
  }
  if (both[1].revents != 0) throw Stopped();
}

DescriptorReader::DescriptorReader(int descriptor, std::filesystem::path path, int stop)
    : descriptor_(descriptor), stop_(stop), path_(std::move(path)), buffer_(kBufferBytes) {}

std::size_t DescriptorReader::from_system(std::span<std::uint8_t> into) {
  for (;;) {
    wait_for(descriptor_, stop_);
    const ssize_t count = ::read(descriptor_, into.data(), into.size());
    if (count >= 0) return static_cast<std::size_t>(count);
    if (errno != EINTR)
      throw FileError(path_, "cannot be read (" + reason(errno) + ")", "check where it comes from");
  }
}

bool DescriptorReader::fill() {
  at_ = 0;
  end_ = from_system(buffer_);
  return end_ > 0;
}

std::size_t DescriptorReader::read(std::span<std::uint8_t> into) {
  const std::size_t buffered = std::min(into.size(), end_ - at_);
  std::copy_n(buffer_.begin() + static_cast<std::ptrdiff_t>(at_), buffered, into.begin());
  at_ += buffered;
  std::size_t done = buffered;
  while (done < into.size()) {
    const std::size_t count = from_system(into.subspan(done));
    if (count == 0) break;
    done += count;
  }
  return done;
}

bool DescriptorReader::read_growing(std::vector<std::uint8_t>& into, std::size_t bytes) {
  constexpr std::size_t kFirst = std::size_t{1} << 20;
  into.clear();
  while (into.size() < bytes) {
    const std::size_t done = into.size();
    into.resize(std::min(bytes, std::max(kFirst, 2 * done)));
    if (read(std::span(into).subspan(done)) < into.size() - done) return false;
  }
  return true;
}

void write_all(int descriptor, std::span<const std::uint8_t> bytes, const std::filesystem::path& path) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(descriptor, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0)
      throw FileError(path, "cannot be written to (" + reason(errno) + ")",
                      errno == EPIPE ? "look why its reader has ended" : "check where it goes");
    bytes = bytes.subspan(static_cast<std::size_t>(count));
  }
}

void write_all(int descriptor, std::string_view text, const std::filesystem::path& path) {
  write_all(descriptor, std::span(reinterpret_cast<const std::uint8_t*>(text.data()), text.size()), path);
}

Descriptor unnamed_file(const std::filesystem::path& beside) {
  const std::filesystem::path folder = beside.has_parent_path() ? beside.parent_path() : ".";
  Descriptor file(::open(folder.c_str(), O_RDWR | O_TMPFILE | O_CLOEXEC, 0600));
  if (file.open()) return file;
  // Not every file system has files without a name: one that loses its name at once.
  std::string name = (folder / ".bauta-XXXXXX").string();
  file = Descriptor(::mkostemp(name.data(), O_CLOEXEC));
  if (!file.open())
    throw FileError(beside, "cannot be written (" + reason(errno) + ")",
                    "write to a folder that you may write to");
  ::unlink(name.c_str());
  return file;
}

}  // namespace bauta
