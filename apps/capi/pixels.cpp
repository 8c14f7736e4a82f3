#include "apps/capi/pixels.h"

#include <cstring>
#include <limits>

#include "apps/capi/guard.h"

namespace bauta::capi {
namespace {

std::size_t row_bytes(const bauta_picture& picture) { return 3 * static_cast<std::size_t>(picture.width); }

std::size_t stride_of(std::size_t stride, const bauta_picture& picture) {
  return stride > 0 ? stride : row_bytes(picture);
}

// From the first row's first byte to the last row's last.
std::size_t span_of(std::size_t stride, const bauta_picture& picture) {
  return stride * static_cast<std::size_t>(picture.height - 1) + row_bytes(picture);
}

void check_stride(std::size_t stride, const bauta_picture& picture, const char* whose) {
  require(stride == 0 || stride >= row_bytes(picture),
          std::string(whose) + " stride is shorter than a row, 3 * width bytes");
  constexpr auto kMost = static_cast<std::size_t>(std::numeric_limits<std::ptrdiff_t>::max());
  require(stride <= (kMost - row_bytes(picture)) / static_cast<std::size_t>(picture.height),
          std::string(whose) + " stride is larger than any memory");
}

}  // namespace

void check_picture(const bauta_picture* picture) {
  require(picture != nullptr && picture->pixels != nullptr, "there is no picture");
  require(picture->width > 0 && picture->height > 0, "the picture has no width or height");
  require(std::int64_t{picture->width} * picture->height <= kMaxPixels,
          "the picture has more than 100,000,000 pixels");
  check_stride(picture->stride, *picture, "the picture's");
}

Target checked_target(const bauta_picture* picture, std::uint8_t* out, std::size_t out_stride) {
  check_picture(picture);
  require(out != nullptr, "there is no output");
  check_stride(out_stride, *picture, "the output's");
  const Target target{out, stride_of(out_stride, *picture)};
  const std::size_t stride = stride_of(picture->stride, *picture);
  const auto in_begin = reinterpret_cast<std::uintptr_t>(picture->pixels);
  const auto out_begin = reinterpret_cast<std::uintptr_t>(out);
  const bool apart = in_begin + span_of(stride, *picture) <= out_begin ||
                     out_begin + span_of(target.stride, *picture) <= in_begin;
  require(apart || (in_begin == out_begin && stride == target.stride),
          "the output overlaps the picture without being the same");
  return target;
}

Image image_of(const bauta_picture& picture) {
  Image image = blank_image(picture.width, picture.height);
  const std::size_t row = row_bytes(picture), stride = stride_of(picture.stride, picture);
  for (std::size_t y = 0; y < static_cast<std::size_t>(picture.height); ++y)
    std::memcpy(image.pixels.data() + y * row, picture.pixels + y * stride, row);
  return image;
}

void write_rows(const Image& image, const Target& target) {
  const std::size_t row = 3 * static_cast<std::size_t>(image.width);
  for (std::size_t y = 0; y < static_cast<std::size_t>(image.height); ++y)
    std::memcpy(target.pixels + y * target.stride, image.pixels.data() + y * row, row);
}

}  // namespace bauta::capi
