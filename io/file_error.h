#pragma once

#include <filesystem>
#include <stdexcept>
#include <string>

namespace bauta {

// What every function of io throws when a file is at fault. what() is one line that can be shown to the user
// as it stands: "PATH: what is wrong; what to do". Control characters (a file name may hold a newline) become
// '?', so that it stays one line.
class FileError : public std::runtime_error {
 public:
  FileError(std::filesystem::path path, const std::string& what_is_wrong, const std::string& what_to_do)
      : std::runtime_error(one_line(path.string() + ": " + what_is_wrong + "; " + what_to_do)),
        path_(std::move(path)) {}

  const std::filesystem::path& path() const { return path_; }

 private:
  static std::string one_line(std::string text) {
    for (char& c : text) {
      if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
    }
    return text;
  }

  std::filesystem::path path_;
};

}  // namespace bauta
