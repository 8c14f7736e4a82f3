#include "cyclegan/anonymizer/region.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <stdexcept>

#include "tests/io/test_image.h"

using namespace bauta;

namespace {

bool is_inside(const Box& inner, const Box& outer) { return intersection(inner, outer) == inner; }

// Everything that region.h promises of a region for a face in a photograph.
void check_promises(ImageSize photo, const Box& face, int size, int blocks) {
  CAPTURE(photo.width);
  CAPTURE(photo.height);
  CAPTURE(face.x);
  CAPTURE(face.y);
  CAPTURE(face.width);
  CAPTURE(size);
  const Region region = plan_region(photo, face, size, blocks);
  const Box whole{0, 0, photo.width, photo.height};
  const Box visible = intersection(face, whole);
  const int longer = std::max(visible.width, visible.height), k = region.k;
  CHECK(region.crop.width == k * size);
  CHECK(region.crop.height == k * size);
  CHECK(5 * k * size >= 6 * longer);
  CHECK((k == 1 || 5 * (k - 1) * size < 6 * longer));
  CHECK(is_inside(visible, region.face));
  CHECK(is_inside(region.face, whole));
  CHECK(is_inside(region.face, region.crop));
  for (const auto& [face_start, face_side, crop_start, side] :
       {std::array{region.face.x, region.face.width, region.crop.x, photo.width},
        std::array{region.face.y, region.face.height, region.crop.y, photo.height}}) {
    CHECK((face_start - crop_start) % k == 0);
    CHECK((face_side % k == 0 || face_start + face_side == side));
    // In the photograph if it fits, and all over it if it does not.
    const int crop_side = region.crop.width;
    if (crop_side <= side)
      CHECK((crop_start >= 0 && crop_start + crop_side <= side));
    else
      CHECK((crop_start <= 0 && crop_start + crop_side >= side));
  }
  CHECK(region.block % k == 0);
  CHECK(region.block >= 2 * k);
  CHECK(region.restorable);
  const MosaicBox box = network_box(region);
  CHECK((box.x >= 0 && box.y >= 0 && box.x + box.width <= size && box.y + box.height <= size));
}

}  // namespace

TEST_CASE("a region keeps its promises for faces of all sizes and places") {
  for (const ImageSize photo : {ImageSize{400, 300}, ImageSize{131, 97}, ImageSize{64, 500}, ImageSize{9, 7}})
    for (const int size : {8, 64, 128, 256})
      for (const int side : {3, 20, 53, 54, 107, 250})
        for (const int x : {-10, 0, 1, photo.width / 3, photo.width - 2})
          for (const int y : {-1, 0, photo.height / 2, photo.height - 1})
            if (x + side > 0 && y + side + side / 7 > 0)
              check_promises(photo, {x, y, side, side + side / 7}, size, 10);
}

TEST_CASE("a region's margin is between 1.2 and 2.4 for faces that are not tiny") {
  for (int side = 54; side < 2000; side += 7) {
    const Region region = plan_region({4000, 4000}, {1000, 900, side, side}, 128, 10);
    const double margin = static_cast<double>(region.crop.width) / side;
    CHECK(margin >= 1.2);
    CHECK(margin <= 2.4);
  }
}

TEST_CASE("a region is centred on its face where there is room") {
  const Region region = plan_region({1000, 1000}, {400, 500, 100, 80}, 128, 10);
  CHECK(region.k == 1);
  CHECK(region.crop == Box{386, 476, 128, 128});
  CHECK(region.face == Box{400, 500, 100, 80});
  CHECK(region.block == 8);
  CHECK(network_box(region) == MosaicBox{14, 24, 100, 80, 8});
}

TEST_CASE("what cannot be a region is refused") {
  CHECK_THROWS_AS(plan_region({100, 100}, {100, 0, 50, 50}, 128, 10), std::invalid_argument);
  CHECK_THROWS_AS(plan_region({100, 100}, {10, 10, 0, 50}, 128, 10), std::invalid_argument);
  CHECK_THROWS_AS(plan_region({100, 100}, {10, 10, 50, 50}, 126, 10), std::invalid_argument);
  CHECK_THROWS_AS(plan_region({100, 100}, {10, 10, 50, 50}, 4, 10), std::invalid_argument);
  CHECK_THROWS_AS(plan_region({100, 100}, {10, 10, 50, 50}, 128, 0), std::invalid_argument);
}

TEST_CASE("a network sees the means of k x k pixels, the photograph's edge repeated beyond it") {
  const Image photo = test_image(150, 90);
  const Region region = plan_region({150, 90}, {5, 10, 140, 70}, 64, 10);
  REQUIRE(region.k == 3);
  REQUIRE(region.crop.x <= 0);
  const Box& square = region.crop;
  const Image expected = block_average(crop(photo, square.x, square.y, square.width, square.height), 3);
  CHECK(network_picture(photo, region) == expected);
}

TEST_CASE("what is pasted repeated is read back bit for bit, and nothing else is touched") {
  for (const Box& face : {Box{5, 10, 140, 70}, Box{100, 60, 60, 60}, Box{-20, -20, 70, 70},
                          Box{40, 20, 20, 20}, Box{0, 0, 150, 90}})
    for (const int size : {8, 32, 64}) {
      const Image photo = test_image(150, 90);
      const Region region = plan_region({150, 90}, face, size, 10);
      CAPTURE(region.k);
      const Image written = test_image(size, size, 7);
      Image result = photo;
      paste_repeated(result, written, region);
      const MosaicBox box = network_box(region);
      const auto cut = [&box](const Image& picture) {
        return crop(picture, box.x, box.y, box.width, box.height);
      };
      const Image read = written_network_picture(result, region);
      CHECK(cut(read) == cut(written));
      Image outside = result;
      paste(outside, crop(photo, region.face.x, region.face.y, region.face.width, region.face.height),
            region.face.x, region.face.y);
      CHECK(outside == photo);
    }
}

TEST_CASE("pasting smoothly is the enlarged picture, and exact where k is 1") {
  const Image photo = test_image(300, 200);
  const Region region = plan_region({300, 200}, {120, 60, 100, 90}, 32, 10);
  REQUIRE(region.k == 4);
  const Image picture = test_image(32, 32, 3);
  Image result = photo;
  paste_smooth(result, picture, region);
  const Image enlarged = resize(picture, 128, 128);
  const Box& face = region.face;
  CHECK(crop(result, face.x, face.y, face.width, face.height) ==
        crop(enlarged, face.x - region.crop.x, face.y - region.crop.y, face.width, face.height));

  const Region small = plan_region({300, 200}, {10, 10, 20, 20}, 32, 10);
  REQUIRE(small.k == 1);
  Image smooth = photo, repeated = photo;
  paste_smooth(smooth, picture, small);
  paste_repeated(repeated, picture, small);
  CHECK(smooth == repeated);
}
