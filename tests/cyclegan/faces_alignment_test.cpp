// Cuts for identity networks: places, maps, edges, and what must not be cut.
#include "cyclegan/faces/alignment.h"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <stdexcept>

using namespace bauta;

namespace {

constexpr Landmarks kPoints{{{10, 20}, {30, 21}, {22, 33}, {13, 45}, {27, 46}}};

Landmarks mapped(const Landmarks& points, const AffineMap& map) {
  Landmarks result;
  for (std::size_t i = 0; i < points.size(); ++i) {
    const double x = static_cast<double>(points[i].x), y = static_cast<double>(points[i].y);
    result[i] = {static_cast<float>(map.xx * x + map.xy * y + map.x0),
                 static_cast<float>(map.yx * x + map.yy * y + map.y0)};
  }
  return result;
}

double squared_distance(const Landmarks& a, const Landmarks& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i)
    sum +=
        std::pow(static_cast<double>(a[i].x - b[i].x), 2) + std::pow(static_cast<double>(a[i].y - b[i].y), 2);
  return sum;
}

// A level for each channel that grows evenly to the right and down, so that bilinear sampling is exact.
Image slope(int width, int height) {
  Image image = blank_image(width, height);
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x) {
      image.at(x, y)[0] = static_cast<std::uint8_t>(4 * x);
      image.at(x, y)[1] = static_cast<std::uint8_t>(4 * y);
      image.at(x, y)[2] = static_cast<std::uint8_t>(2 * (x + y));
    }
  return image;
}

}  // namespace

TEST_CASE("a cut takes the pixels that the map names, in between bilinearly, rounded") {
  const Image photo = slope(60, 50);
  const AffineMap map{.xx = 0.5, .xy = 0.25, .x0 = 3, .yx = -0.125, .yy = 0.75, .y0 = 8};
  const Image result = cut(photo, map, 32);
  for (int y = 0; y < 32; ++y)
    for (int x = 0; x < 32; ++x) {
      const double u = 0.5 * x + 0.25 * y + 3, v = -0.125 * x + 0.75 * y + 8;
      CHECK(std::abs(result.at(x, y)[0] - 4 * u) <= 0.5);
      CHECK(std::abs(result.at(x, y)[1] - 4 * v) <= 0.5);
      CHECK(std::abs(result.at(x, y)[2] - 2 * (u + v)) <= 0.5);
    }
  CHECK(cut(photo, {}, 50).at(17, 23)[0] == 4 * 17);
}

TEST_CASE("beyond the photograph its edge is repeated, however far away") {
  const Image photo = slope(20, 10);
  const Image left = cut(photo, {.x0 = -1e12, .y0 = 4}, 3), right = cut(photo, {.x0 = 1e12, .y0 = -1e300}, 3);
  for (int x = 0; x < 3; ++x) {
    CHECK(left.at(x, 0)[0] == 0);
    CHECK(left.at(x, 0)[1] == 4 * 4);
    CHECK(right.at(x, 2)[0] == 4 * 19);
    CHECK(right.at(x, 2)[1] == 0);
  }
  CHECK(cut(blank_image(1, 1), {.xx = 0.3}, 4) == blank_image(4, 4));
}

TEST_CASE("a box is mapped about its centre, width and height apart") {
  FaceLocation face{.x = 40, .y = 30, .width = 80, .height = 100};
  const AffineMap map = map_to_box(face, 1.5, 160);
  CHECK(map.xx == doctest::Approx(120.0 / 160));
  CHECK(map.yy == doctest::Approx(150.0 / 160));
  CHECK(map.x0 == doctest::Approx(20));
  CHECK(map.y0 == doctest::Approx(5));
  CHECK(map.xy == 0);
  CHECK(map.xx * 80 + map.x0 == doctest::Approx(80));  // centre to centre
  CHECK(cut_for_facenet(slope(60, 50), {.x = 5, .y = 5, .width = 20, .height = 30}).width == kFaceNetSide);
  face.height = 0;
  CHECK_THROWS_AS(map_to_box(face, 1.5, 160), std::invalid_argument);
  face.height = std::numeric_limits<float>::quiet_NaN();
  CHECK_THROWS_AS(map_to_box(face, 1.5, 160), std::invalid_argument);
}

TEST_CASE("landmarks: a similarity comes back exactly, otherwise no nearby one is better") {
  const double turn = 0.7, size = 1.8;
  const AffineMap truth{.xx = size * std::cos(turn),
                        .xy = -size * std::sin(turn),
                        .x0 = 12,
                        .yx = size * std::sin(turn),
                        .yy = size * std::cos(turn),
                        .y0 = -7};
  const AffineMap found = map_to_landmarks(kPoints, mapped(kPoints, truth));
  CHECK(found.xx == doctest::Approx(truth.xx).epsilon(1e-5));
  CHECK(found.xy == doctest::Approx(truth.xy).epsilon(1e-5));
  CHECK(found.x0 == doctest::Approx(truth.x0).epsilon(1e-5));
  CHECK(found.yx == doctest::Approx(truth.yx).epsilon(1e-5));
  CHECK(found.y0 == doctest::Approx(truth.y0).epsilon(1e-5));

  Landmarks elsewhere = mapped(kPoints, truth);
  elsewhere[0].x += 5;
  elsewhere[3].y -= 4;
  const AffineMap best = map_to_landmarks(kPoints, elsewhere);
  const double least = squared_distance(mapped(kPoints, best), elsewhere);
  CHECK(least > 1);
  for (const double step : {-1e-2, 1e-2}) {
    AffineMap other = best;
    other.xx += step, other.yy += step;
    CHECK(squared_distance(mapped(kPoints, other), elsewhere) > least);
    other = best;
    other.xy += step, other.yx -= step;
    CHECK(squared_distance(mapped(kPoints, other), elsewhere) > least);
    other = best;
    other.x0 += 10 * step;
    CHECK(squared_distance(mapped(kPoints, other), elsewhere) > least);
  }
}

TEST_CASE("SFace's cut has the landmarks at their places") {
  // A photograph that is black but for a bright spot at each landmark of a small turned face.
  Image photo = blank_image(300, 300);
  FaceLocation face;
  constexpr Landmarks kPlaces{{{38, 52}, {74, 52}, {56, 72}, {42, 92}, {71, 92}}};
  face.landmarks = mapped(kPlaces, {.xx = 1.5, .xy = -0.5, .x0 = 90, .yx = 0.5, .yy = 1.5, .y0 = 40});
  for (const Point& point : face.landmarks)
    for (int y = -2; y <= 2; ++y)
      for (int x = -2; x <= 2; ++x)
        photo.at(static_cast<int>(std::lround(point.x)) + x, static_cast<int>(std::lround(point.y)) + y)[1] =
            255;
  const Image result = cut_for_sface(photo, face);
  CHECK(result.width == kSFaceSide);
  for (const Point& place : kPlaces) {
    CAPTURE(place.x);
    CHECK(result.at(static_cast<int>(place.x), static_cast<int>(place.y))[1] > 200);
    CHECK(result.at(static_cast<int>(place.x) + 8, static_cast<int>(place.y))[1] == 0);
  }
}

TEST_CASE("what spans no face is refused") {
  Landmarks one_point;
  one_point.fill({7, 9});
  CHECK_THROWS_AS(map_to_landmarks(kPoints, one_point), std::invalid_argument);
  CHECK_THROWS_AS(map_to_landmarks(one_point, kPoints), std::invalid_argument);
  Landmarks unknown = kPoints;
  unknown[2].y = std::numeric_limits<float>::quiet_NaN();
  CHECK_THROWS_AS(map_to_landmarks(kPoints, unknown), std::invalid_argument);
  CHECK_THROWS_AS(cut(blank_image(4, 4), {.x0 = std::numeric_limits<double>::infinity()}, 4),
                  std::invalid_argument);
  CHECK_THROWS_AS(cut(blank_image(4, 4), {}, 0), std::invalid_argument);
  CHECK_THROWS_AS(cut(Image{}, {}, 4), std::invalid_argument);
}
