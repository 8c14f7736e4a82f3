#include "io/input_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "io/file_error.h"

namespace bauta {
namespace {

[[noreturn]] void throw_unreadable(const std::filesystem::path& path, int error) {
  const char* advice = error == ENOENT || error == ENOTDIR ? "check the path"
                       : error == EACCES                   ? "check its permissions"
                                                           : "check the disk and try again";
  throw FileError(path, "cannot be read (" + std::generic_category().message(error) + ")", advice);
}

}  // namespace

InputFile::InputFile(std::filesystem::path name) : ByteSource(std::move(name)) {
  // O_NONBLOCK: opening a pipe that nobody writes to must not hang; a regular file does not heed it.
  descriptor_ = ::open(path().c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor_ < 0) throw_unreadable(path(), errno);
  struct stat status {};
  const bool known = ::fstat(descriptor_, &status) == 0;
  if (known && S_ISREG(status.st_mode)) {
    size_ = static_cast<std::uint64_t>(status.st_size);
    return;
  }
  const int error = errno;
  ::close(descriptor_);
  if (!known) throw_unreadable(path(), error);
  throw FileError(path(), S_ISDIR(status.st_mode) ? "is a folder, not a file" : "is not a regular file",
                  "name a file");
}

InputFile::~InputFile() { ::close(descriptor_); }

void InputFile::read_at(std::uint64_t offset, std::span<std::byte> into) const {
  std::size_t done = 0;
  while (done < into.size()) {
    const ssize_t count =
        ::pread(descriptor_, into.data() + done, into.size() - done, static_cast<off_t>(offset + done));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw_unreadable(path(), errno);
    if (count == 0) throw FileError(path(), "ends too early", "it is incomplete: fetch or write it again");
    done += static_cast<std::size_t>(count);
  }
}

std::string read_file(const std::filesystem::path& path, std::uint64_t max_bytes) {
  const InputFile file(path);
  if (file.size() > max_bytes) {
    throw FileError(
        path, "is larger than the " + std::to_string(max_bytes) + " bytes that a file of its kind may have",
        "check that it is the right file");
  }
  std::string bytes(static_cast<std::size_t>(file.size()), '\0');
  file.read_at(0, std::as_writable_bytes(std::span(bytes)));
  return bytes;
}

}  // namespace bauta
