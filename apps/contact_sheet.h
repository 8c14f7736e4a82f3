// --sheet FILE.html: what was written, small, to be looked through in a browser. Nothing of a clear
// photograph is in it but what its de-identified picture shows too. Pages of some hundred pictures,
// FILE.html, FILE-2.html,
// ..., each one file with all its pictures in it, there when it is complete.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "io/atomic_file.h"
#include "io/image.h"

namespace bauta {

class ContactSheet {
 public:
  static constexpr std::size_t kPerPage = 500;
  static constexpr int kThumbnailSide = 176;  // pixels, the longer one

  // Of so many files. Throws FileError if one of the pages is there already (without `overwrite`).
  ContactSheet(std::filesystem::path path, bool overwrite, std::size_t files, std::string title);

  // The picture as a small JPEG; for any thread.
  static std::string thumbnail(const Image& picture);

  // The next file: its thumbnail, or none where nothing was written; what is to be said below it.
  void add(const std::string& name, const std::string& thumbnail, const std::string& note);
  // stopped: why it ended before all files were added.
  void finish(const std::string& stopped);

 private:
  std::filesystem::path page_path(std::size_t page) const;
  void begin_page();
  void end_page(bool more, const std::string& stopped);

  std::filesystem::path path_;
  bool overwrite_;
  std::size_t files_, added_ = 0, page_number_ = 0;
  std::string title_;
  std::optional<AtomicFile> page_;
};

}  // namespace bauta
