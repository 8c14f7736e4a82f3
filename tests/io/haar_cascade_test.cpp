#include "io/haar_cascade.h"

#include <doctest/doctest.h>
#include <omp.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

#include "io/box_grouping.h"
#include "io/integral_image.h"
#include "tests/io/error_of.h"
#include "tests/io/temporary_folder.h"
#include "tests/io/test_image.h"

using namespace bauta;

namespace {

GreyImage noise(int width, int height) { return {width, height, to_grey(test_image(width, height))}; }

// A cascade for windows of 8 x 8 with one stage of one tree.
std::string cascade_xml(const std::string& rects, const std::string& nodes = "0 -1 0 0.5",
                        const std::string& leaves = "-1. 1.", const std::string& more = "") {
  return "<?xml version=\"1.0\"?><opencv_storage><cascade type_id=\"opencv-cascade-classifier\">"
         "<stageType>BOOST</stageType><featureType>HAAR</featureType><height>8</height><width>8</"
         "width><stages><_>"
         "<stageThreshold>0.</stageThreshold><weakClassifiers><_><internalNodes>" +
         nodes + "</internalNodes><leafValues>" + leaves +
         "</leafValues></_></weakClassifiers></_></stages><features><_><rects>" + rects + "</rects>" + more +
         "</_></features></cascade></opencv_storage>";
}

// Bright in its middle: the inner 4 x 4 weigh four times, against the whole window.
const std::string kCentreFeature = "<_>0 0 8 8 -1.</_><_>2 2 4 4 4.</_>";

std::string load_error(const std::string& xml) {
  const TemporaryFolder folder;
  const auto path = put_file(folder / "cascade.xml", xml);
  return error_of(path, [&] { HaarCascade::load(path); });
}

HaarCascade load(const std::string& xml) {
  const TemporaryFolder folder;
  return HaarCascade::load(put_file(folder / "cascade.xml", xml));
}

// Dark, with one bright square whose side is half of `side` in the middle of a square of that side at (x, y).
std::vector<std::uint8_t> with_bright_square(int width, int height, int x, int y, int side) {
  std::vector<std::uint8_t> grey(static_cast<std::size_t>(width * height), 20);
  for (int v = y + side / 4; v < y + side * 3 / 4; ++v) {
    for (int u = x + side / 4; u < x + side * 3 / 4; ++u) grey[static_cast<std::size_t>(v * width + u)] = 220;
  }
  return grey;
}

}  // namespace

TEST_CASE("integral tables are the sums they stand for") {
  const GreyImage image = noise(13, 9);
  IntegralImage integral(17);
  integral.compute(noise(17, 11), true);
  integral.compute(image, true);
  for (int y = 0; y <= image.height; ++y) {
    for (int x = 0; x <= image.width; ++x) {
      std::uint32_t sum = 0, squares = 0, cone = 0;
      for (int v = 0; v < y; ++v) {
        for (int u = 0; u < image.width; ++u) {
          const std::uint32_t pixel = image.row(v)[u];
          if (u < x) sum += pixel;
          if (u < x) squares += pixel * pixel;
          if (std::abs(u + 1 - x) <= y - 1 - v) cone += pixel;
        }
      }
      const std::size_t at = static_cast<std::size_t>(y) * integral.stride + static_cast<std::size_t>(x);
      REQUIRE(integral.sums[at] == sum);
      REQUIRE(integral.squares[at] == squares);
      REQUIRE(integral.tilted[at] == cone);
    }
  }
}

TEST_CASE("grey pictures are resampled linearly in fixed point") {
  GreyImage small{2, 1, {}};
  const std::vector<std::uint8_t> source = {10, 20, 30, 41};
  resize_linear_exact(source.data(), 4, 1, small);
  CHECK(small.pixels == std::vector<std::uint8_t>{15, 36});
  GreyImage large{8, 1, {}};
  resize_linear_exact(source.data(), 4, 1, large);
  CHECK(large.pixels == std::vector<std::uint8_t>{10, 13, 18, 23, 28, 33, 38, 41});
  const GreyImage image = noise(19, 14);
  GreyImage same{19, 14, {}};
  resize_linear_exact(image.pixels.data(), 19, 14, same);
  CHECK(same.pixels == image.pixels);
  GreyImage shrunk{11, 9, {}};
  resize_linear_exact(image.pixels.data(), 19, 14, shrunk);
  for (int y = 0; y < 9; ++y) {
    for (int x = 0; x < 11; ++x) {
      const double u = (x + 0.5) * 19 / 11 - 0.5;
      const double v = (y + 0.5) * 14 / 9 - 0.5;
      const int left = static_cast<int>(u), top = static_cast<int>(v);
      const auto along = [&](int row) {
        return image.row(row)[left] * (left + 1 - u) + image.row(row)[left + 1] * (u - left);
      };
      const double expected = along(top) * (top + 1 - v) + along(top + 1) * (v - top);
      REQUIRE(std::abs(shrunk.row(y)[x] - expected) < 2.6);  // half a level, and weights of 1/256
    }
  }
}

TEST_CASE("boxes are grouped when there are more than min_neighbours of them") {
  const Box box{10, 10, 20, 20};
  const std::vector<Box> three = {{10, 10, 20, 20}, {11, 10, 20, 20}, {13, 11, 21, 21}};
  CHECK(group_boxes(three, 2) == std::vector<Box>{{11, 10, 20, 20}});
  CHECK(group_boxes(three, 3).empty());
  CHECK(group_boxes({}, 2).empty());
  CHECK(group_boxes({{50, 0, 9, 9}, box}, 0) == std::vector<Box>{box, {50, 0, 9, 9}});
}

TEST_CASE("groups are joined through boxes between them, and stay apart where there are none") {
  const std::vector<Box> chain = {{0, 0, 20, 20}, {8, 0, 20, 20}, {4, 0, 20, 20}};
  CHECK(group_boxes(chain, 1) == std::vector<Box>{{4, 0, 20, 20}});
  const std::vector<Box> apart = {{0, 0, 20, 20}, {0, 0, 20, 20}, {9, 0, 20, 20}, {9, 0, 20, 20}};
  CHECK(group_boxes(apart, 1) == std::vector<Box>{{0, 0, 20, 20}, {9, 0, 20, 20}});
}

TEST_CASE("a weak group inside a stronger one is dropped") {
  std::vector<Box> boxes(5, {0, 0, 40, 40});
  boxes.insert(boxes.end(), 2, {10, 10, 20, 20});
  CHECK(group_boxes(boxes, 1) == std::vector<Box>{{0, 0, 40, 40}});
  boxes.insert(boxes.end(), 4, {10, 10, 20, 20});
  CHECK(group_boxes(boxes, 1) == std::vector<Box>{{0, 0, 40, 40}, {10, 10, 20, 20}});
}

TEST_CASE("a cascade finds what it was made for, where and how large it is") {
  const HaarCascade cascade = load(cascade_xml(kCentreFeature, "0 -1 0 2.3"));  // 2.7 at best
  HaarOptions options;
  options.min_size = 16;
  options.min_neighbours = 3;
  for (const int side : {24, 40}) {
    const Box truth{31, 22, side, side};
    const auto boxes = cascade.detect(with_bright_square(120, 90, truth.x, truth.y, side), 120, 90, options);
    REQUIRE(boxes.size() == 1);
    CHECK(intersection_over_union(boxes[0], truth) > 0.6);
  }
  CHECK(cascade.detect(std::vector<std::uint8_t>(120 * 90, 128), 120, 90, options).empty());
}

TEST_CASE("sizes that are not asked for are not found") {
  const HaarCascade cascade = load(cascade_xml(kCentreFeature));
  const auto grey = with_bright_square(120, 90, 31, 22, 40);
  HaarOptions options;
  options.min_neighbours = 0;
  options.min_size = 30;
  options.max_size = 50;
  const std::vector<Box> boxes = cascade.detect(grey, 120, 90, options);
  REQUIRE_FALSE(boxes.empty());
  for (const Box& box : boxes) CHECK((box.width >= 30 && box.width <= 50));
  options.scale_factor = std::numeric_limits<double>::infinity();
  CHECK(cascade.detect(grey, 120, 90, options).empty());
  options = {};
  options.min_size = 60;
  options.max_size = 59;
  CHECK(cascade.detect(grey, 120, 90, options).empty());
  CHECK(cascade.detect(std::vector<std::uint8_t>(49, 9), 7, 7).empty());
}

TEST_CASE("trees and tilted features decide as their nodes say") {
  // A diamond of bright pixels: the tilted square of 3 x 3 steps at its top corner (4, 1).
  const std::string tilted = "<_>4 1 3 3 1.</_>";
  const HaarCascade cascade = load(cascade_xml(tilted, "0 -1 0 0.4", "-1. 1.", "<tilted>1</tilted>"));
  CHECK(cascade.model().has_tilted());
  std::vector<std::uint8_t> grey(64, 10);
  for (int y = 0; y < 8; ++y) {
    for (int x = 0; x < 8; ++x) {
      if (std::abs(2 * x - 7) + std::abs(2 * y - 7) <= 6) grey[static_cast<std::size_t>(8 * y + x)] = 250;
    }
  }
  HaarOptions options;
  options.min_size = 8;
  options.min_neighbours = 0;
  CHECK(cascade.detect(grey, 8, 8, options) == std::vector<Box>{{0, 0, 8, 8}});
  // Two nodes: the first sends the bright diamond right to the second, which sends it to leaf 2.
  const auto tree = [&](const std::string& leaves) {
    return load(cascade_xml(tilted, "0 1 0 0.4 -1 -2 0 0.4", leaves, "<tilted>1</tilted>"));
  };
  CHECK(tree("-1. -1. 1.").detect(grey, 8, 8, options).size() == 1);
  CHECK(tree("1. 1. -1.").detect(grey, 8, 8, options).empty());
}

TEST_CASE("detection does not depend on the number of threads") {
  const HaarCascade cascade = load(cascade_xml(kCentreFeature, "0 -1 0 0.05"));
  const GreyImage image = noise(700, 500);
  HaarOptions options;
  options.min_neighbours = 0;
  options.min_size = 8;
  const int threads = omp_get_max_threads();
  omp_set_num_threads(1);
  const auto alone = cascade.detect(image.pixels, 700, 500, options);
  omp_set_num_threads(5);
  const auto together = cascade.detect(image.pixels, 700, 500, options);
  omp_set_num_threads(threads);
  CHECK(alone.size() > 100);
  CHECK(alone == together);
}

TEST_CASE("impossible arguments are refused") {
  const HaarCascade cascade = load(cascade_xml(kCentreFeature));
  const std::vector<std::uint8_t> grey(100, 0);
  CHECK_THROWS_AS(cascade.detect(grey, 10, 11), std::invalid_argument);
  CHECK_THROWS_AS(cascade.detect(grey, -10, -10), std::invalid_argument);
  HaarOptions options;
  options.scale_factor = 1;
  CHECK_THROWS_AS(cascade.detect(grey, 10, 10, options), std::invalid_argument);
  options.scale_factor = std::nan("");
  CHECK_THROWS_AS(cascade.detect(grey, 10, 10, options), std::invalid_argument);
}

TEST_CASE("files that are no cascade are refused") {
  CHECK(load_error(cascade_xml(kCentreFeature)) == "no error");
  for (const std::string xml : {"", "no xml", "<a>", "<a/>", "<opencv_storage/>"}) {
    CAPTURE(xml);
    CHECK(contains(load_error(xml), "is no usable Haar cascade"));
  }
  const auto replaced = [](const std::string& from, const std::string& to) {
    std::string xml = cascade_xml(kCentreFeature);
    const std::size_t found = xml.find(from);
    REQUIRE(found != xml.npos);
    return load_error(xml.replace(found, from.size(), to));
  };
  CHECK(contains(replaced("HAAR", "LBP"), "not HAAR"));
  CHECK(contains(replaced("<height>8", "<height>800"), "height out of range"));
  CHECK(contains(replaced("<height>8", "<height>eight"), "height holds something that is no number"));
  CHECK(contains(replaced("<height>8</height>", ""), "height is missing"));
  CHECK(contains(replaced("<height>8", "<height>7.5"), "height out of range"));
  CHECK(contains(replaced("0.</stageThreshold>", "nan</stageThreshold>"), "no number"));
  CHECK(contains(replaced("2 2 4 4 4.", "2 2 4 7 4."), "leaves the window"));
  CHECK(contains(replaced("2 2 4 4 4.", "-2 2 4 4 4."), "out of range"));
  CHECK(contains(replaced("2 2 4 4 4.", "2 2 4 4"), "not five numbers"));
  CHECK(contains(replaced("0 -1 0 0.5", "0 -1 1 0.5"), "a tree's feature out of range"));
  CHECK(contains(replaced("0 -1 0 0.5", "0 -2 0 0.5"), "a tree's child out of range"));
  CHECK(contains(replaced("0 -1 0 0.5", "0 -1 0"), "incomplete"));
  CHECK(contains(replaced("-1. 1.", "-1. 1. 1."), "incomplete"));
  CHECK(contains(replaced("-1. 1.", "-1. 1e999"), "no number"));
  CHECK(contains(load_error(cascade_xml("")), "1 to 3 rectangles"));
  CHECK(contains(load_error(cascade_xml("<_>1 1 3 3 1.</_>", "0 -1 0 1", "1 1", "<tilted>1</tilted>")),
                 "leaves the window"));
  CHECK(contains(load_error(cascade_xml(kCentreFeature, "0 1 0 1 1 0 0 1", "1 1 1")), "in a circle"));
  std::string nested;
  for (int i = 0; i < 200'000; ++i) nested += "<a>";
  CHECK(contains(load_error(nested), "is no usable Haar cascade"));
}
