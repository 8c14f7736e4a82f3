#include "io/photograph_rows.h"

#include <algorithm>
#include <stdexcept>

namespace bauta {
namespace {

void require_planes(const Image& image, const Photograph* photo) {
  const auto pixels = static_cast<std::size_t>(std::max(image.width, 0)) *
                      static_cast<std::size_t>(std::max(image.height, 0));
  const auto fits = [pixels](std::size_t plane, std::size_t channels) {
    return plane == 0 || plane == pixels * channels;
  };
  const bool whole = pixels > 0 && image.pixels.size() == 3 * pixels;
  const bool others = !photo || (fits(photo->deep.size(), photo->grey ? 1 : 3) &&
                                 fits(photo->alpha.size(), 1) && fits(photo->deep_alpha.size(), 1));
  if (!whole || !others)
    throw std::invalid_argument("encode_png: the picture's size does not fit its pixels");
}

}  // namespace

PhotographRows::PhotographRows(const Photograph& photo)
    : photo_(&photo), image_(photo.image), grey_(photo.grey) {
  require_planes(image_, photo_);
  grey_ = stays_grey(photo);
}

PhotographRows::PhotographRows(const Image& image) : photo_(nullptr), image_(image), grey_(false) {
  require_planes(image_, photo_);
}

void PhotographRows::compose(int y, std::uint8_t* row) const {
  if (is_deep()) return compose_deep(y, row);
  const auto width = static_cast<std::size_t>(image_.width);
  const std::uint8_t* rgb = image_.at(0, y);
  if (channels() == 3) {
    std::copy_n(rgb, 3 * width, row);
    return;
  }
  const std::uint8_t* alpha =
      has_alpha() ? photo_->alpha.data() + static_cast<std::size_t>(y) * width : nullptr;
  for (std::size_t x = 0; x < width; ++x, rgb += 3) {
    row = std::copy_n(rgb, grey_ ? 1 : 3, row);
    if (alpha) *row++ = alpha[x];
  }
}

void PhotographRows::compose_deep(int y, std::uint8_t* row) const {
  const auto width = static_cast<std::size_t>(image_.width);
  const std::size_t colours = grey_ ? 1 : 3, held = photo_->grey ? 1 : 3;
  const auto step = static_cast<std::size_t>(channels());
  const auto put = [row, step](std::size_t x, std::size_t c, std::uint16_t value) {
    row[2 * (x * step + c)] = static_cast<std::uint8_t>(value >> 8);
    row[2 * (x * step + c) + 1] = static_cast<std::uint8_t>(value);
  };
  const std::size_t first = static_cast<std::size_t>(y) * width;
  const std::uint16_t* deep = photo_->deep.data() + first * held;
  for (std::size_t x = 0; x < width; ++x) {
    for (std::size_t c = 0; c < colours; ++c) put(x, c, deep[x * held + (held == 1 ? 0 : c)]);
    if (has_alpha()) put(x, colours, photo_->deep_alpha[first + x]);
  }
  constexpr int kDeepLevel = 257;  // 65535 / 255
  for (const Box& box : photo_->redrawn) {
    if (y < box.y || y >= box.y + box.height) continue;
    for (int x = box.x; x < box.x + box.width; ++x)
      for (std::size_t c = 0; c < colours; ++c)
        put(static_cast<std::size_t>(x), c, static_cast<std::uint16_t>(image_.at(x, y)[c] * kDeepLevel));
  }
}

}  // namespace bauta
