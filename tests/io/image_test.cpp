#include "io/image.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "tests/io/test_image.h"

using namespace bauta;

namespace {

std::vector<std::uint8_t> pixel(const Image& image, int x, int y) {
  return {image.at(x, y), image.at(x, y) + 3};
}

// A picture whose three channels are all the given numbers, in one row.
Image grey_row(const std::vector<std::uint8_t>& values) {
  Image image = blank_image(static_cast<int>(values.size()), 1);
  for (std::size_t i = 0; i < image.pixels.size(); ++i) image.pixels[i] = values[i / 3];
  return image;
}

// The mean over a source area in floating point, straight from the definition.
double covered_mean(const Image& image, int x, int y, int width, int height, std::size_t channel) {
  const double sx = static_cast<double>(image.width) / width;
  const double sy = static_cast<double>(image.height) / height;
  double sum = 0;
  for (int v = 0; v < image.height; ++v) {
    for (int u = 0; u < image.width; ++u) {
      const double w =
          std::max(0.0, std::min((x + 1) * sx, u + 1.0) - std::max(x * sx, static_cast<double>(u)));
      const double h =
          std::max(0.0, std::min((y + 1) * sy, v + 1.0) - std::max(y * sy, static_cast<double>(v)));
      sum += w * h * image.at(u, v)[channel];
    }
  }
  return sum / (sx * sy);
}

}  // namespace

TEST_CASE("blank pictures have a size within the limits") {
  CHECK(blank_image(2, 3).pixels == std::vector<std::uint8_t>(18, 0));
  CHECK_THROWS_AS(blank_image(0, 3), std::invalid_argument);
  CHECK_THROWS_AS(blank_image(3, -1), std::invalid_argument);
  CHECK_THROWS_AS(blank_image(100'000, 100'000), std::invalid_argument);
}

TEST_CASE("crop takes the part and repeats the edge outside") {
  const Image image = test_image(5, 4);
  const Image inside = crop(image, 1, 2, 3, 2);
  CHECK(inside.width == 3);
  CHECK(inside.height == 2);
  CHECK(pixel(inside, 0, 0) == pixel(image, 1, 2));
  CHECK(pixel(inside, 2, 1) == pixel(image, 3, 3));
  const Image around = crop(image, -2, -3, 9, 10);
  CHECK(pixel(around, 0, 0) == pixel(image, 0, 0));
  CHECK(pixel(around, 2, 3) == pixel(image, 0, 0));
  CHECK(pixel(around, 8, 9) == pixel(image, 4, 3));
  CHECK(pixel(around, 3, 9) == pixel(image, 1, 3));
  CHECK(crop(image, 0, 0, 5, 4) == image);
  CHECK(pixel(crop(image, 2'147'483'647, 0, 2, 1), 1, 0) == pixel(image, 4, 0));
  CHECK_THROWS_AS(crop(image, 0, 0, 0, 1), std::invalid_argument);
}

TEST_CASE("paste writes the overlap only") {
  const Image background = test_image(6, 5, 1);
  const Image patch = test_image(3, 2, 2);
  Image result = background;
  paste(result, patch, 2, 1);
  CHECK(crop(result, 2, 1, 3, 2) == patch);
  CHECK(crop(result, 0, 0, 2, 5) == crop(background, 0, 0, 2, 5));
  result = background;
  paste(result, patch, -1, -1);
  CHECK(pixel(result, 0, 0) == pixel(patch, 1, 1));
  CHECK(pixel(result, 1, 0) == pixel(patch, 2, 1));
  CHECK(pixel(result, 2, 0) == pixel(background, 2, 0));
  result = background;
  paste(result, patch, 4, 4);
  CHECK(pixel(result, 5, 4) == pixel(patch, 1, 0));
  CHECK(crop(result, 0, 0, 6, 4) == crop(background, 0, 0, 6, 4));
  result = background;
  for (const int far : {-3, 6, 2'147'483'647, -2'147'483'647}) paste(result, patch, far, far);
  CHECK(result == background);
}

TEST_CASE("flipping mirrors left and right, twice gives the picture back") {
  const Image image = test_image(5, 3);
  CHECK(pixel(flip_horizontal(image), 0, 1) == pixel(image, 4, 1));
  CHECK(flip_horizontal(flip_horizontal(image)) == image);
  CHECK(flip_horizontal(image) != image);
}

TEST_CASE("replicate and block_average are each other's inverse") {
  const Image image = test_image(4, 3);
  const Image large = replicate(image, 3);
  CHECK(large.width == 12);
  CHECK(large.height == 9);
  CHECK(pixel(large, 11, 8) == pixel(image, 3, 2));
  CHECK(pixel(large, 2, 2) == pixel(image, 0, 0));
  CHECK(block_average(large, 3) == image);
  CHECK_THROWS_AS(replicate(image, 0), std::invalid_argument);
  CHECK_THROWS_AS(replicate(image, 1'000'000'000), std::invalid_argument);
}

TEST_CASE("block_average rounds the exact mean half up") {
  CHECK(pixel(block_average(replicate(grey_row({1, 2}), 1), 1), 1, 0) == std::vector<std::uint8_t>(3, 2));
  const Image image = test_image(12, 8);
  const Image means = block_average(image, 4);
  for (int y = 0; y < 2; ++y) {
    for (int x = 0; x < 3; ++x) {
      for (std::size_t c = 0; c < 3; ++c) {
        int sum = 0;
        for (int i = 0; i < 16; ++i) sum += image.at(4 * x + i % 4, 4 * y + i / 4)[c];
        CHECK(means.at(x, y)[c] == (sum + 8) / 16);
      }
    }
  }
  CHECK_THROWS_AS(block_average(image, 5), std::invalid_argument);
  CHECK_THROWS_AS(block_average(image, 0), std::invalid_argument);
}

TEST_CASE("resize shrinks to the mean of the covered area") {
  const Image image = test_image(13, 9);
  const Image small = resize(image, 5, 4);
  for (int y = 0; y < 4; ++y) {
    for (int x = 0; x < 5; ++x) {
      for (std::size_t c = 0; c < 3; ++c) {
        CHECK(std::abs(small.at(x, y)[c] - covered_mean(image, x, y, 5, 4, c)) < 0.5 + 1e-9);
      }
    }
  }
}

TEST_CASE("resize gives the exact mean, whatever the sizes have in common") {
  // The first two sums are small: sides that share a factor.
  for (const auto& [from, to] : {std::pair{ImageSize{40, 30}, ImageSize{32, 24}},
                                 {{331, 257}, {331, 1}},
                                 {{331, 257}, {113, 101}},
                                 {{300, 220}, {299, 219}}}) {
    const Image image = test_image(from.width, from.height), small = resize(image, to.width, to.height);
    const std::int64_t total = std::int64_t{from.width} * from.height;
    // Of one side, in units of a result pixel's share of a source pixel.
    const auto shared = [](std::int64_t source, std::int64_t target, std::int64_t j, std::int64_t i) {
      return std::min((i + 1) * source, (j + 1) * target) - std::max(i * source, j * target);
    };
    for (int y = 0; y < to.height; ++y)
      for (int x = 0; x < to.width; ++x)
        for (int c = 0; c < 3; ++c) {
          std::int64_t sum = 0;
          for (int v = y * from.height / to.height;
               v < from.height && shared(from.height, to.height, v, y) > 0; ++v)
            for (int u = x * from.width / to.width; u < from.width && shared(from.width, to.width, u, x) > 0;
                 ++u)
              sum += shared(from.width, to.width, u, x) * shared(from.height, to.height, v, y) *
                     image.at(u, v)[c];
          REQUIRE(small.at(x, y)[c] == (2 * sum + total) / (2 * total));
        }
  }
}

TEST_CASE("resize grows bilinearly between pixel centres") {
  CHECK(resize(grey_row({0, 100}), 4, 1) == grey_row({0, 25, 75, 100}));
  CHECK(resize(grey_row({7}), 3, 1) == grey_row({7, 7, 7}));
  CHECK(resize(grey_row({0, 90, 30}), 9, 1) == grey_row({0, 0, 30, 60, 90, 70, 50, 30, 30}));
}

TEST_CASE("resize may shrink one side and grow the other") {
  const Image image = test_image(8, 3);
  CHECK(resize(image, 8, 3) == image);
  const Image at_once = resize(image, 4, 6);
  const Image in_steps = resize(resize(image, 4, 3), 4, 6);
  // Rounded once or twice: at most one level apart.
  for (std::size_t i = 0; i < at_once.pixels.size(); ++i) {
    REQUIRE(std::abs(at_once.pixels[i] - in_steps.pixels[i]) <= 1);
  }
  CHECK_THROWS_AS(resize(image, 0, 3), std::invalid_argument);
  CHECK_THROWS_AS(resize(Image{}, 3, 3), std::invalid_argument);
}

TEST_CASE("grey has the luma of BT.601") {
  Image image = blank_image(5, 1);
  const std::uint8_t colours[5][3] = {{255, 255, 255}, {255, 0, 0}, {0, 255, 0}, {0, 0, 255}, {10, 20, 30}};
  for (int i = 0; i < 5; ++i) std::copy_n(colours[i], 3, image.at(i, 0));
  CHECK(to_grey(image) == std::vector<std::uint8_t>{255, 76, 150, 29, 18});
}

TEST_CASE("picture names are told by their ending") {
  for (const char* name : {"a.png", "b/c.JPG", "d.Jpeg", "e.x.PNG"}) CHECK(is_image_path(name));
  for (const char* name : {"a.gif", "png", "b.png.txt", ".png", "c.jpg/"}) CHECK_FALSE(is_image_path(name));
}
