#include "cyclegan/anonymizer/face_crop.h"

#include <doctest/doctest.h>

#include <stdexcept>

#include "io/box.h"
#include "tests/io/test_image.h"

using namespace bauta;

TEST_CASE("a face is cut with its margin and mapped to the crop") {
  const Image photo = test_image(300, 250);
  const FaceCrop face = crop_face(photo, {100, 80, 100, 60}, 1.6, 80, 10);
  CHECK(face.entry.source_crop == Box{70, 30, 160, 160});
  CHECK(face.entry.source_face == Box{100, 80, 100, 60});
  CHECK(face.entry.source_block == 6);
  CHECK(face.entry.face == Box{15, 25, 50, 30});
  CHECK(face.entry.block == 3);
  CHECK(face.clear == resize(crop(photo, 70, 30, 160, 160), 80, 80));
  CHECK(face.mosaic == mosaic(face.clear, {15, 25, 50, 30}, 3));
}

TEST_CASE("a crop at the photograph's edge repeats it, and the face stays inside") {
  const Image photo = test_image(60, 50);
  for (const double margin : {1.0, 1.2, 2.4, 9.0})
    for (const Box& box : {Box{0, 0, 20, 25}, Box{-10, 30, 40, 40}, Box{0, 0, 60, 50}, Box{59, 49, 1, 1}}) {
      const FaceCrop face = crop_face(photo, box, margin, 64, 20);
      CHECK(face.clear.width == 64);
      CHECK(intersection(*face.entry.face, {0, 0, 64, 64}) == *face.entry.face);
      CHECK(face.entry.face->area() > 0);
    }
}

TEST_CASE("what cannot be cut is refused") {
  const Image photo = test_image(60, 50);
  CHECK_THROWS_AS(crop_face(photo, {60, 0, 10, 10}, 1.6, 64, 20), std::invalid_argument);
  CHECK_THROWS_AS(crop_face(photo, {0, 0, 10, 10}, 0.9, 64, 20), std::invalid_argument);
  CHECK_THROWS_AS(crop_face(photo, {0, 0, 50, 50}, 1e6, 64, 20), std::invalid_argument);
  CHECK_THROWS_AS(crop_face(photo, {0, 0, 10, 10}, 1.6, 0, 20), std::invalid_argument);
}
