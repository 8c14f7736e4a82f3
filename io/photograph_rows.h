#pragma once

#include <cstddef>
#include <cstdint>

#include "io/photograph.h"

namespace bauta {

// A photograph's rows as a PNG holds them: grey or RGB, with alpha where there is some, of 8 or 16 bits (the
// higher byte first). The photograph must outlive it. Throws std::invalid_argument if a plane does not fit
// the picture's size.
class PhotographRows {
 public:
  explicit PhotographRows(const Photograph& photo);
  // An 8-bit RGB picture.
  explicit PhotographRows(const Image& image);

  ImageSize size() const { return {image_.width, image_.height}; }
  bool is_grey() const { return grey_; }
  bool is_deep() const { return photo_ && !photo_->deep.empty(); }
  bool has_alpha() const { return photo_ && photo_->has_alpha(); }
  int channels() const { return (grey_ ? 1 : 3) + (has_alpha() ? 1 : 0); }
  std::size_t row_bytes() const {
    return static_cast<std::size_t>(image_.width) * static_cast<std::size_t>(channels()) *
           (is_deep() ? 2 : 1);
  }

  // Row y into row_bytes() bytes.
  void compose(int y, std::uint8_t* row) const;

 private:
  void compose_deep(int y, std::uint8_t* row) const;

  const Photograph* photo_;
  const Image& image_;
  bool grey_;
};

}  // namespace bauta
