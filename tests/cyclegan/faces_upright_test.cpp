// Faces that lie on their side, seen again as if they were upright.
#include <doctest/doctest.h>

#include <cmath>
#include <numbers>

#include "cyclegan/faces/face_detector.h"
#include "cyclegan/faces/upright_view.h"
#include "io/exif.h"
#include "tests/cyclegan/face_pictures.h"

namespace bauta::test {

namespace {

// How much of a box face_box of the found ones covers.
double covered_share(const FaceLocation& face, const std::vector<FoundFace>& found) {
  int covered = 0;
  constexpr int kGrid = 50;
  for (int j = 0; j < kGrid; ++j)
    for (int i = 0; i < kGrid; ++i) {
      const Box at{static_cast<int>(face.x + face.width * (static_cast<float>(i) + 0.5f) / kGrid),
                   static_cast<int>(face.y + face.height * (static_cast<float>(j) + 0.5f) / kGrid), 1, 1};
      covered += std::ranges::any_of(
          found, [&at](const FoundFace& one) { return intersection(face_box(one.location), at).area() > 0; });
    }
  return static_cast<double>(covered) / (kGrid * kGrid);
}

// Where a face of a square photograph is once that has this EXIF orientation.
FaceLocation turned(const FaceLocation& face, int orientation, int side) {
  const auto last = static_cast<float>(side - 1);
  if (orientation == 6) return {last - face.y - face.height, face.x, face.height, face.width, {}};
  if (orientation == 8) return {face.y, last - face.x - face.width, face.height, face.width, {}};
  return {last - face.x - face.width, last - face.y - face.height, face.width, face.height, {}};
}

}  // namespace

TEST_CASE("a view turns a face upright, and what is found in it back") {
  for (const double degrees : {0.0, 35.0, 90.0, -120.0, 180.0}) {
    CAPTURE(degrees);
    const FaceLocation face{100, 200, 60, 80, {}};
    const UprightView view(face, degrees);
    const double angle = degrees * std::numbers::pi / 180;
    // A nose half a face below the middle of the view, in a box of half the face about it.
    constexpr float kMiddle = (UprightView::kSide - 1) / 2.0f, kFace = UprightView::kFaceSide;
    FaceLocation seen{kMiddle - kFace / 8, kMiddle + kFace / 4, kFace / 4, kFace / 2, {}};
    seen.landmarks[2] = {kMiddle, kMiddle + kFace / 2};
    const FaceLocation placed = view.in_photograph(seen);
    const double down_x = 130 - 40 * std::sin(angle), down_y = 240 + 40 * std::cos(angle);
    CHECK(placed.landmarks[2].x == doctest::Approx(down_x).epsilon(0.001));
    CHECK(placed.landmarks[2].y == doctest::Approx(down_y).epsilon(0.001));
    CHECK(placed.x + placed.width / 2 == doctest::Approx(down_x).epsilon(0.001));
    CHECK(placed.width == doctest::Approx(std::hypot(20 * std::cos(angle), 40 * std::sin(angle))));
    CHECK(placed.height == doctest::Approx(std::hypot(20 * std::sin(angle), 40 * std::cos(angle))));

    // A red spot where the nose is shows up there, however much larger than the view the photograph is.
    for (const int factor : {1, 7}) {
      CAPTURE(factor);
      Image photo = blank_image(300 * factor, 400 * factor);
      const auto size = static_cast<float>(factor);
      const FaceLocation large{size * face.x, size * face.y, size * face.width, size * face.height, {}};
      const Box spot{static_cast<int>(factor * (down_x - 3)), static_cast<int>(factor * (down_y - 3)),
                     6 * factor, 6 * factor};
      for (int y = spot.y; y < spot.y + spot.height; ++y)
        for (int x = spot.x; x < spot.x + spot.width; ++x) photo.at(x, y)[0] = 255;
      const Image shown = UprightView(large, degrees).of({photo, large});
      CHECK((shown.width == UprightView::kSide && shown.height == UprightView::kSide));
      CHECK(shown.at(static_cast<int>(kMiddle), static_cast<int>(kMiddle + kFace / 2))[0] > 200);
      CHECK(shown.at(static_cast<int>(kMiddle), static_cast<int>(kMiddle))[0] == 0);
    }
  }
  CHECK_THROWS_AS(UprightView(FaceLocation{5, 5, 0, 10, {}}, 90), std::invalid_argument);
  // A face of absurd place, as foreign weights may have it, is looked for at the edge.
  const FaceLocation absurd{9e5f, -9e5f, 9e5f, 9e5f, {}};
  const Image photo = portrait();
  CHECK(UprightView(absurd, 45).of({photo, absurd}).width == UprightView::kSide);
}

TEST_CASE("YuNet: a face on its side is covered whole where it is found") {
  if (!yunet_is_here()) return;
  Engine engine;
  const FaceDetector detector(engine, fetched("yunet"));
  int found = 0;
  for (const int side : {300, 500, 700, 900}) {
    const Image upright = resize(portrait(), side, side);
    const auto first = detector.find(upright);
    REQUIRE(!first.empty());
    for (const int orientation : {6, 8, 3}) {
      CAPTURE(side);
      CAPTURE(orientation);
      const FaceLocation face = turned(first.front().location, orientation, side);
      const Image photo = apply_orientation(upright, orientation);
      DetectionOptions as_seen;
      as_seen.turned_too = false;
      const auto before = detector.find(photo, as_seen), after = detector.find(photo);
      CHECK(covered_share(face, after) >= covered_share(face, before));
      if (covered_share(face, before) < 0.3) continue;
      ++found;
      CHECK(covered_share(face, after) > 0.9);
    }
  }
  CHECK(found >= 6);
}

TEST_CASE("YuNet: an upright face is where it was") {
  if (!yunet_is_here()) return;
  Engine engine;
  const FaceDetector detector(engine, fetched("yunet"));
  const Image photo = resize(portrait(), 500, 500);
  DetectionOptions as_seen;
  as_seen.turned_too = false;
  const auto before = detector.find(photo, as_seen), after = detector.find(photo);
  REQUIRE(!before.empty());
  CHECK(after.front().location == before.front().location);
}

}  // namespace bauta::test
