#include "io/image.h"

#include <algorithm>
#include <stdexcept>

namespace bauta {

Image blank_image(int width, int height) {
  if (width <= 0 || height <= 0 || static_cast<std::int64_t>(width) * height > kMaxPixels) {
    throw std::invalid_argument("a picture cannot have " + std::to_string(width) + " x " +
                                std::to_string(height) + " pixels");
  }
  Image image{width, height, {}};
  image.pixels.resize(3 * static_cast<std::size_t>(width) * static_cast<std::size_t>(height));
  return image;
}

Image crop(const Image& image, int x, int y, int width, int height) {
  Image result = blank_image(width, height);
  if (image.pixels.empty()) throw std::invalid_argument("crop: the picture is empty");
  const auto clamped = [](int start, std::int64_t step, int side) {
    return static_cast<int>(std::clamp<std::int64_t>(start + step, 0, std::int64_t{side} - 1));
  };
  // Columns of the result with pixels of the image's own, between those where its edge is repeated.
  const auto column = [x, width](std::int64_t at) {
    return static_cast<int>(std::clamp<std::int64_t>(at - x, 0, width));
  };
  const int own_begin = column(0), own_end = column(image.width);
  for (int row = 0; row < height; ++row) {
    const int from_y = clamped(y, row, image.height);
    const auto repeat = [&](int from, int begin, int end) {
      for (int i = begin; i < end; ++i) std::copy_n(image.at(from, from_y), 3, result.at(i, row));
    };
    repeat(0, 0, own_begin);
    if (own_begin < own_end)
      std::copy_n(image.at(x + own_begin, from_y), 3 * (own_end - own_begin), result.at(own_begin, row));
    repeat(image.width - 1, own_end, width);
  }
  return result;
}

void paste(Image& into, const Image& from, int x, int y) {
  // In 64 bits: x + from.width may lie beyond an int.
  const std::int64_t first_x = std::max<std::int64_t>(0, -static_cast<std::int64_t>(x));
  const std::int64_t first_y = std::max<std::int64_t>(0, -static_cast<std::int64_t>(y));
  const std::int64_t end_x = std::min<std::int64_t>(from.width, static_cast<std::int64_t>(into.width) - x);
  const std::int64_t end_y = std::min<std::int64_t>(from.height, static_cast<std::int64_t>(into.height) - y);
  if (first_x >= end_x) return;
  for (std::int64_t row = first_y; row < end_y; ++row) {
    std::copy_n(from.at(static_cast<int>(first_x), static_cast<int>(row)), 3 * (end_x - first_x),
                into.at(static_cast<int>(x + first_x), static_cast<int>(y + row)));
  }
}

Image flip_horizontal(const Image& image) {
  Image result = image;
  for (int y = 0; y < image.height; ++y) {
    for (int x = 0; x < image.width; ++x) std::copy_n(image.at(image.width - 1 - x, y), 3, result.at(x, y));
  }
  return result;
}

Image replicate(const Image& image, int k) {
  if (k <= 0 || static_cast<std::int64_t>(k) * std::max(image.width, image.height) > kMaxPixels) {
    throw std::invalid_argument("replicate: factor " + std::to_string(k) + " does not fit the picture");
  }
  Image result = blank_image(image.width * k, image.height * k);
  for (int y = 0; y < image.height; ++y) {
    std::uint8_t* to = result.at(0, y * k);
    for (int x = 0; x < image.width; ++x)
      for (int i = 0; i < k; ++i, to += 3) std::copy_n(image.at(x, y), 3, to);
    for (int i = 1; i < k; ++i) std::copy_n(result.at(0, y * k), 3 * result.width, result.at(0, y * k + i));
  }
  return result;
}

Image block_average(const Image& image, int k) {
  if (k <= 0 || image.width % k != 0 || image.height % k != 0) {
    throw std::invalid_argument("block_average: " + std::to_string(k) + " does not divide " +
                                std::to_string(image.width) + " x " + std::to_string(image.height));
  }
  return resize(image, image.width / k, image.height / k);
}

std::vector<std::uint8_t> to_grey(const Image& image) {
  std::vector<std::uint8_t> grey(image.pixels.size() / 3);
  const std::uint8_t* pixel = image.pixels.data();
  for (std::uint8_t& value : grey) {
    value = static_cast<std::uint8_t>((pixel[0] * 4899 + pixel[1] * 9617 + pixel[2] * 1868 + 8192) >> 14);
    pixel += 3;
  }
  return grey;
}

}  // namespace bauta
