#include "cyclegan/evaluation/complexity.h"

#include <doctest/doctest.h>

#include <stdexcept>

#include "tests/cyclegan/anonymizer_pictures.h"
#include "tests/cyclegan/evaluation_golden.h"

using namespace bauta;
using test::smooth_picture;

namespace {

// Columns and rows of 4 pixels: complex where 1, smooth where 0.
ComplexityMap map_of(std::initializer_list<int> classes) {
  ComplexityMap map{4, static_cast<int>(classes.size()) / 4, {}};
  for (const int complex : classes) map.values.push_back(complex != 0 ? 300.0f : 0.0f);
  return map;
}

std::vector<int> pixel(const Image& image, int x, int y) {
  return {image.at(x, y)[0], image.at(x, y)[1], image.at(x, y)[2]};
}

}  // namespace

TEST_CASE("pixel complexity and accuracy are equation 5 and section 5.1 in plain Python") {
  const test::EvaluationGolden golden;
  const Image clear = golden.picture("clear"), hidden = golden.picture("mosaic");
  REQUIRE(mosaic(clear, golden.box(), 5) == hidden);
  const ComplexityMap before = pixel_complexity(clear), after = pixel_complexity(hidden);
  CHECK(before.values == golden.file.tensors.at("complexity.clear").values);
  CHECK(after.values == golden.file.tensors.at("complexity.mosaic").values);
  for (const auto& expected : golden.expected.at("accuracy")) {
    const double threshold = expected.at("threshold");
    CAPTURE(threshold);
    const AccuracyCounts counts = count_anonymized(before, after, golden.box(), threshold);
    const auto close = [&](AccuracyReading reading, const char* name) {
      CHECK(counts.accuracy(reading).value() == doctest::Approx(expected.at(name).get<double>()));
    };
    close(AccuracyReading::WholePicture, "whole_picture");
    close(AccuracyReading::FaceOnly, "face_only");
    close(AccuracyReading::AsPrinted, "as_printed");
  }
}

TEST_CASE("pixel complexity: the pixel itself cancels, an edge does not") {
  Image picture = blank_image(5, 5);
  for (std::size_t c = 0; c < 3; ++c) picture.at(2, 2)[c] = 255;
  const ComplexityMap map = pixel_complexity(picture);
  const auto at = [&map](int x, int y) { return map.values[static_cast<std::size_t>(y * map.width + x)]; };
  CHECK(at(2, 2) == 0);                                 // all neighbours alike
  CHECK(at(1, 1) == 255.0f * 255.0f * (1 - 1 / 8.0f));  // one of eight is not
  CHECK(at(0, 0) == 0);
  CHECK(pixel_complexity(blank_image(1, 1)).values == std::vector<float>{0});
}

TEST_CASE("accuracy counts each of the eight cases where it belongs") {
  // the face is the right half
  const ComplexityMap id = map_of({0, 0, 0, 0,  //
                                   1, 1, 1, 1});
  const ComplexityMap deid = map_of({0, 1, 0, 1,  //
                                     0, 1, 0, 1});
  const Box face{2, -3, 7, 20};
  const AccuracyCounts counts = count_anonymized(id, deid, face);
  CHECK(counts.face_complex == 2);
  CHECK(counts.face_cleared == 1);
  CHECK(counts.background_complex == 2);
  CHECK(counts.background_kept == 1);
  CHECK(counts.background_smooth == 1);
  CHECK(counts.accuracy().value() == 0.5);
  CHECK(counts.accuracy(AccuracyReading::FaceOnly).value() == 0.5);

  const Image picture = accuracy_picture(id, deid, face);
  const std::vector<int> white{255, 255, 255}, blue{30, 60, 200}, yellow{255, 205, 0};
  CHECK(pixel(picture, 0, 0) == white);   // background, smooth in both
  CHECK(pixel(picture, 1, 0) == blue);    // complex only now: no part of the ratio
  CHECK(pixel(picture, 0, 1) == yellow);  // background that lost its detail
  CHECK(pixel(picture, 1, 1) == blue);    // background as it was
  CHECK(pixel(picture, 2, 0) == white);
  CHECK(pixel(picture, 3, 0) == blue);
  CHECK(pixel(picture, 2, 1) == white);   // hidden
  CHECK(pixel(picture, 3, 1) == yellow);  // not hidden
  CHECK(pixel(complexity_picture(id), 0, 1) == blue);
  CHECK(pixel(complexity_picture(id), 0, 0) == white);
}

TEST_CASE("accuracy: all hidden is 1, nothing hidden 0, a picture without detail has none") {
  const Image clear = smooth_picture(48, 48);
  const Box face{8, 8, 32, 32};
  Image flat = clear;
  for (int y = 0; y < 32; ++y)
    for (int x = 0; x < 32; ++x) std::fill_n(flat.at(8 + x, 8 + y), 3, std::uint8_t{128});
  const ComplexityMap before = pixel_complexity(clear), blank = pixel_complexity(blank_image(48, 48));
  const Box inner{10, 10, 28, 28};  // away from the edge of what was made flat
  CHECK(count_anonymized(before, pixel_complexity(flat), inner).accuracy(AccuracyReading::FaceOnly) == 1.0);
  CHECK(count_anonymized(before, before, face).accuracy(AccuracyReading::FaceOnly) == 0.0);
  CHECK(count_anonymized(before, before, {}).accuracy() == 1.0);
  CHECK_FALSE(count_anonymized(before, before, {}).accuracy(AccuracyReading::FaceOnly).has_value());
  CHECK_FALSE(count_anonymized(blank, blank, face).accuracy().has_value());
  CHECK_THROWS_AS(count_anonymized(before, pixel_complexity(blank_image(48, 47)), face),
                  std::invalid_argument);
}
