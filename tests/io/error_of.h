#pragma once

#include <filesystem>
#include <string>

#include "io/file_error.h"

namespace bauta {

// The message of the FileError that `action` throws, without the path and ": " before it; "no error" if it
// throws none, "wrong path" if the error names another file, "not one line" if it is more than one.
template <typename Action>
std::string error_of(const std::filesystem::path& path, const Action& action) {
  try {
    action();
  } catch (const FileError& error) {
    const std::string message = error.what();
    const std::string prefix = path.string() + ": ";
    if (error.path() != path || !message.starts_with(prefix)) return "wrong path";
    if (message.find('\n') != std::string::npos || message.find("; ") == std::string::npos)
      return "not one line";
    return message.substr(prefix.size());
  }
  return "no error";
}

inline bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != text.npos;
}

}  // namespace bauta
