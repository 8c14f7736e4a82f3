#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>

namespace bauta {

// Which file bears a name, and how it is: for whoever reads one more than once, and must not take parts of
// two for one. A change without a trace in the file system's times goes unnoticed.
class FileState {
 public:
  // As it is now. Throws FileError if it cannot be seen.
  explicit FileState(std::filesystem::path path);

  // Throws FileError if it is not as it was.
  void require_unchanged() const;

 private:
  struct Facts {
    dev_t device = 0;
    ino_t inode = 0;
    off_t size = 0;
    std::int64_t modified[2] = {0, 0}, changed[2] = {0, 0};  // seconds, nanoseconds
    bool operator==(const Facts&) const = default;
  };
  static Facts facts_of(const std::filesystem::path& path);

  std::filesystem::path path_;
  Facts facts_;
};

}  // namespace bauta
