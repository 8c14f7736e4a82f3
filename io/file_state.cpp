#include "io/file_state.h"

#include <sys/stat.h>

#include <cerrno>
#include <system_error>

#include "io/file_error.h"

namespace bauta {

FileState::FileState(std::filesystem::path path) : path_(std::move(path)), facts_(facts_of(path_)) {}

FileState::Facts FileState::facts_of(const std::filesystem::path& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0)
    throw FileError(path, "cannot be read (" + std::generic_category().message(errno) + ")",
                    "check the path");
  return {status.st_dev,
          status.st_ino,
          status.st_size,
          {status.st_mtim.tv_sec, status.st_mtim.tv_nsec},
          {status.st_ctim.tv_sec, status.st_ctim.tv_nsec}};
}

void FileState::require_unchanged() const {
  if (facts_of(path_) != facts_)
    throw FileError(path_, "was changed while it was read", "try again when nothing writes to it");
}

}  // namespace bauta
