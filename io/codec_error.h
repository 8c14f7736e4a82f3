#pragma once

#include <stdexcept>
#include <string>

#include "io/image.h"

namespace bauta {

// What the picture codecs throw about bytes they cannot take: what is wrong, and what to do, as in FileError.
// They know no path; image_file.cpp adds it.
class CodecError : public std::runtime_error {
 public:
  explicit CodecError(const std::string& what_is_wrong,
                      std::string what_to_do = "fetch a whole copy or leave it out")
      : std::runtime_error(what_is_wrong), what_to_do_(std::move(what_to_do)) {}

  const std::string& what_to_do() const { return what_to_do_; }

 private:
  std::string what_to_do_;
};

// Throws CodecError if a picture of this size, as its header claims, is not read (kMaxPixels).
void require_readable_size(const ImageSize& size);

}  // namespace bauta
