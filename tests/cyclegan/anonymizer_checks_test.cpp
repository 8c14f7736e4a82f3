#include "cyclegan/anonymizer/checks.h"

#include <doctest/doctest.h>

#include <stdexcept>

#include "tests/cyclegan/anonymizer_pictures.h"

using namespace bauta;
using test::smooth_picture;

namespace {

const Box kFace{20, 16, 90, 96};
constexpr int kBlock = 9;

// The mosaic with `share` of what it takes away put back.
Image partly_hidden(const Image& clear, double share) {
  Image result = mosaic(clear, kFace, kBlock);
  for (std::size_t i = 0; i < result.pixels.size(); ++i) {
    const double m = result.pixels[i];
    result.pixels[i] = static_cast<std::uint8_t>(std::lround(m + share * (clear.pixels[i] - m)));
  }
  return result;
}

}  // namespace

TEST_CASE("a plain mosaic passes the checks, a clear face does not") {
  const Image clear = smooth_picture(128, 128);
  const FaceCheck hidden = check_face(clear, mosaic(clear, kFace, kBlock), kFace, kBlock);
  CHECK(hidden.deviation == 0);
  CHECK(hidden.distance == 0);
  CHECK(hidden.kept_detail == 0);
  CHECK(hidden.face_hidden());
  const FaceCheck open = check_face(clear, clear, kFace, kBlock);
  CHECK(open.kept_detail == doctest::Approx(1));
  CHECK_FALSE(open.face_hidden());
}

TEST_CASE("a face of half its contrast over the mosaic is not hidden, a trace of one is") {
  const Image clear = smooth_picture(128, 128);
  const FaceCheck half = check_face(clear, partly_hidden(clear, 0.5), kFace, kBlock);
  CHECK(half.kept_detail == doctest::Approx(0.5).epsilon(0.05));
  CHECK_FALSE(half.face_hidden());
  CHECK_FALSE(check_face(clear, partly_hidden(clear, -0.5), kFace, kBlock).face_hidden());
  CHECK(check_face(clear, partly_hidden(clear, 0.1), kFace, kBlock).face_hidden());
}

TEST_CASE("one clear tile in a mosaic is enough to fail") {
  const Image clear = smooth_picture(128, 128);
  Image written = mosaic(clear, kFace, kBlock);
  const int x = kFace.x + 4 * kBlock, y = kFace.y;
  paste(written, crop(clear, x, y, 4 * kBlock, 4 * kBlock), x, y);
  const FaceCheck check = check_face(clear, written, kFace, kBlock);
  CHECK(check.deviation > kMostDeviation);
  CHECK_FALSE(check.face_hidden());
}

TEST_CASE("the plain mosaic of another picture is too far away to pass") {
  const Image clear = smooth_picture(128, 128);
  Image other = clear;
  for (auto& value : other.pixels) value = static_cast<std::uint8_t>(255 - value);
  const FaceCheck check = check_face(clear, mosaic(other, kFace, kBlock), kFace, kBlock);
  CHECK(check.deviation == 0);
  CHECK(check.distance > kMostDistance);
  CHECK_FALSE(check.face_hidden());
}

TEST_CASE("blocks of one pixel hide nothing, though they are their own means") {
  const Image clear = smooth_picture(64, 64);
  CHECK_FALSE(check_face(clear, clear, {10, 10, 20, 20}, 1).face_hidden());
  CHECK_THROWS_AS(check_face(clear, clear, {10, 10, 20, 20}, 0), std::invalid_argument);
  CHECK_THROWS_AS(check_face(clear, smooth_picture(64, 63), {10, 10, 20, 20}, 4), std::invalid_argument);
}
