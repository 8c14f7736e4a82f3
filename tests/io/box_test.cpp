#include "io/box.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <stdexcept>

#include "tests/io/test_image.h"

using namespace bauta;

TEST_CASE("boxes intersect where they share pixels") {
  CHECK(intersection({0, 0, 4, 4}, {2, 1, 4, 2}) == Box{2, 1, 2, 2});
  CHECK(intersection({0, 0, 4, 4}, {4, 0, 4, 4}) == Box{});
  CHECK(intersection({2'000'000'000, 0, 2'000'000'000, 1}, {2'100'000'000, 0, 5, 1}) ==
        Box{2'100'000'000, 0, 5, 1});
  CHECK(Box{0, 0, 100'000, 100'000}.area() == 10'000'000'000);
  CHECK(Box{0, 0, -2, -3}.area() == 0);
}

TEST_CASE("intersection over union") {
  CHECK(intersection_over_union({1, 1, 3, 3}, {1, 1, 3, 3}) == 1);
  CHECK(intersection_over_union({0, 0, 2, 2}, {1, 0, 2, 2}) == doctest::Approx(1.0 / 3));
  CHECK(intersection_over_union({0, 0, 2, 2}, {5, 5, 2, 2}) == 0);
  CHECK(intersection_over_union({}, {}) == 0);
}

TEST_CASE("the mosaic's block is a twentieth of the face's shorter side, rounded") {
  CHECK(mosaic_block({0, 0, 200, 300}) == 10);
  CHECK(mosaic_block({0, 0, 300, 209}) == 10);
  CHECK(mosaic_block({0, 0, 300, 210}) == 11);
  CHECK(mosaic_block({0, 0, 5, 5}) == 1);
  CHECK(mosaic_block({0, 0, 100, 100}, 8) == 13);
  CHECK_THROWS_AS(mosaic_block({0, 0, 9, 9}, 0), std::invalid_argument);
}

TEST_CASE("a mosaic has the mean of every block and leaves the rest alone") {
  const Image image = test_image(20, 16);
  const Box face{3, 2, 11, 7};
  const Image result = mosaic(image, face, 4);
  for (int y = 0; y < image.height; ++y) {
    for (int x = 0; x < image.width; ++x) {
      const bool inside = x >= 3 && x < 14 && y >= 2 && y < 9;
      const int left = 3 + (x - 3) / 4 * 4;
      const int top = 2 + (y - 2) / 4 * 4;
      for (std::size_t c = 0; c < 3; ++c) {
        int sum = 0;
        int count = 0;
        for (int v = top; v < std::min(top + 4, 9); ++v) {
          for (int u = left; u < std::min(left + 4, 14); ++u, ++count) sum += image.at(u, v)[c];
        }
        const int expected = inside ? (sum + count / 2) / count : image.at(x, y)[c];
        REQUIRE(result.at(x, y)[c] == expected);
      }
    }
  }
}

TEST_CASE("a mosaic over a box that sticks out keeps the box's grid") {
  const Image image = test_image(10, 10);
  const Image result = mosaic(image, {-2, -3, 8, 8}, 4);
  // The first blocks show 2 columns and 1 row.
  CHECK(resize(crop(result, 0, 0, 2, 1), 1, 1) == resize(crop(image, 0, 0, 2, 1), 1, 1));
  CHECK(crop(result, 0, 0, 1, 1) == crop(result, 1, 0, 1, 1));
  CHECK(crop(result, 1, 0, 1, 1) != crop(result, 2, 0, 1, 1));
  CHECK(crop(result, 0, 0, 1, 1) != crop(result, 0, 1, 1, 1));
  CHECK(crop(result, 6, 0, 4, 10) == crop(image, 6, 0, 4, 10));
  CHECK(mosaic(image, {20, 20, 5, 5}, 2) == image);
  CHECK(mosaic(image, {-2'000'000'000, 0, 100, 100}, 2) == image);
  CHECK_THROWS_AS(mosaic(image, {0, 0, 5, 5}, 0), std::invalid_argument);
}

TEST_CASE("a mosaic with blocks of one pixel changes nothing, one of a huge block gives one colour") {
  const Image image = test_image(9, 9);
  CHECK(mosaic(image, {0, 0, 9, 9}, 1) == image);
  CHECK(mosaic(image, {0, 0, 9, 9}, 2'147'483'647) == replicate(block_average(image, 9), 9));
}
