// The face detector on photographs that it looks at in tiles, and on faces that are turned.
#include <doctest/doctest.h>

#include <cmath>
#include <cstdlib>
#include <iostream>
#include <numbers>

#include "cyclegan/faces/face_detector.h"
#include "io/exif.h"
#include "tests/cyclegan/face_pictures.h"

namespace bauta::test {

namespace {

bool covers(const std::vector<FoundFace>& faces, double x, double y, double side) {
  return std::ranges::any_of(faces, [&](const FoundFace& face) {
    const Box box = face_box(face.location);
    return std::abs(box.x + box.width / 2.0 - x) < 0.3 * side &&
           std::abs(box.y + box.height / 2.0 - y) < 0.3 * side && box.width > 0.6 * side &&
           box.width < 1.8 * side;
  });
}

// Turned about its middle by degrees clockwise, bilinear; grey where nothing is.
Image rotated(const Image& image, double degrees) {
  const double angle = degrees * std::numbers::pi / 180, c = std::cos(angle), s = std::sin(angle);
  const int side = static_cast<int>(std::ceil(std::hypot(image.width, image.height)));
  Image result = blank_image(side, side);
  for (int y = 0; y < side; ++y) {
    for (int x = 0; x < side; ++x) {
      const double u = x - side / 2.0, v = y - side / 2.0;
      const double from_x = c * u + s * v + image.width / 2.0, from_y = -s * u + c * v + image.height / 2.0;
      const int left = static_cast<int>(std::floor(from_x)), top = static_cast<int>(std::floor(from_y));
      const bool inside = left >= 0 && top >= 0 && left + 1 < image.width && top + 1 < image.height;
      for (int i = 0; i < 3; ++i) {
        double value = 110;
        if (inside) {
          const double a = from_x - left, b = from_y - top;
          value = (1 - b) * ((1 - a) * image.at(left, top)[i] + a * image.at(left + 1, top)[i]) +
                  b * ((1 - a) * image.at(left, top + 1)[i] + a * image.at(left + 1, top + 1)[i]);
        }
        result.at(x, y)[i] = static_cast<std::uint8_t>(std::lround(value));
      }
    }
  }
  return result;
}

}  // namespace

TEST_CASE("YuNet: small faces are found all over a photograph that is looked at in tiles, and once each") {
  if (!yunet_is_here()) return;
  Engine engine;
  const FaceDetector detector(engine, fetched("yunet"));
  const Image face = portrait();
  const auto at_first = detector.find(resize(face, 400, 400));
  REQUIRE(!at_first.empty());
  const Box known = face_box(at_first.front().location);
  constexpr int kWidth = 4600, kHeight = 3300;
  for (const int height : {36, 60, 320}) {  // of the face: smaller and larger than what tiles share
    CAPTURE(height);
    const double factor = static_cast<double>(height) / known.height;
    const int side = static_cast<int>(std::lround(400 * factor));
    const Image small = resize(face, side, side);
    Image photo = blank_image(kWidth, kHeight);
    std::ranges::fill(photo.pixels, std::uint8_t{110});
    std::vector<std::pair<double, double>> centres;
    const int columns = height > 100 ? 5 : 9, rows = height > 100 ? 4 : 7;
    for (int j = 0; j < rows; ++j) {
      for (int i = 0; i < columns; ++i) {
        const int x = (kWidth - side) * i / (columns - 1), y = (kHeight - side) * j / (rows - 1);
        paste(photo, small, x, y);
        centres.emplace_back(x + factor * (known.x + known.width / 2.0),
                             y + factor * (known.y + known.height / 2.0));
      }
    }
    DetectionOptions options;
    options.smallest = 20;
    REQUIRE(static_cast<double>(kWidth) * kHeight > FaceDetector::kTilePixels);
    const auto faces = detector.find(photo, options);
    for (const auto& [x, y] : centres) {
      CAPTURE(x);
      CAPTURE(y);
      CHECK(covers(faces, x, y, height));
    }
    // Once each; a patch on the portrait's sleeve may pass for a face, too.
    const auto sights = std::ranges::count_if(faces, [&](const FoundFace& sight) {
      const Box box = face_box(sight.location);
      return std::ranges::any_of(centres, [&](const auto& centre) {
        return std::abs(centre.first - box.x - box.width / 2.0) < box.width &&
               std::abs(centre.second - box.y - box.height / 2.0) < box.height;
      });
    });
    CHECK(static_cast<std::size_t>(sights) == centres.size());
  }
}

TEST_CASE("YuNet: faces that lie on their side are found where turned photographs are asked for") {
  if (!yunet_is_here()) return;
  Engine engine;
  const FaceDetector detector(engine, fetched("yunet"));
  const Image upright = resize(portrait(), 500, 500);
  DetectionOptions options;
  options.turned = true;
  const auto first = detector.find(upright, options);
  REQUIRE(!first.empty());
  const FaceLocation& face = first.front().location;
  for (const int orientation : {6, 3, 8}) {
    CAPTURE(orientation);
    // Within a larger one, off its middle, so that turning back is not its own inverse by chance.
    Image photo = blank_image(1700, 900);
    std::ranges::fill(photo.pixels, std::uint8_t{110});
    paste(photo, apply_orientation(upright, orientation), 130, 260);
    const auto faces = detector.find(photo, options);
    // Where the face's middle has gone, in a square of 500.
    const double x = face.x + face.width / 2, y = face.y + face.height / 2;
    const double to_x = orientation == 6 ? 499 - y : orientation == 3 ? 499 - x : y;
    const double to_y = orientation == 6 ? x : orientation == 3 ? 499 - y : 499 - x;
    CHECK(covers(faces, 130 + to_x, 260 + to_y, face.height));
    // Landmarks turn along: the nose is nearer to the chin than the eyes are.
    const auto found = std::ranges::find_if(
        faces, [&](const FoundFace& one) { return covers({one}, 130 + to_x, 260 + to_y, face.height); });
    REQUIRE(found != faces.end());
    const auto& eye = found->location.landmarks[0];
    const auto& mouth = found->location.landmarks[3];
    if (orientation == 6) CHECK(eye.x > mouth.x);
    if (orientation == 3) CHECK(eye.y > mouth.y);
    if (orientation == 8) CHECK(eye.x < mouth.x);
  }
}

TEST_CASE("YuNet: how far a face may be tilted") {
  if (!yunet_is_here() || !std::getenv("BAUTA_ALL_PHOTOGRAPHS")) return;
  const std::filesystem::path folder = named_folder("BAUTA_FACES", "yunet.tsv");
  if (folder.empty()) return;
  std::vector<Row> rows = read_table(folder / "yunet.tsv");
  std::erase_if(rows, [](const Row& row) { return row.at("n") != "1"; });
  Engine engine;
  const FaceDetector detector(engine, fetched("yunet"));
  constexpr std::size_t kPhotographs = 100;
  for (const bool turned : {false, true}) {
    for (int degrees = 0; degrees <= 180; degrees += 15) {
      int found = 0;
      for (std::size_t n = 0; n < kPhotographs; ++n) {
        const Row& row = rows[n * rows.size() / kPhotographs];
        const FaceLocation face = face_of(row);
        const Image photo = read_image(folder / row.at("path"));
        const Image tilted = rotated(photo, degrees);
        const double angle = degrees * std::numbers::pi / 180,
                     u = face.x + face.width / 2 - photo.width / 2.0,
                     v = face.y + face.height / 2 - photo.height / 2.0;
        DetectionOptions options;
        options.smallest = 20;
        options.turned = turned;
        found += covers(detector.find(tilted, options),
                        std::cos(angle) * u - std::sin(angle) * v + tilted.width / 2.0,
                        std::sin(angle) * u + std::cos(angle) * v + tilted.height / 2.0, face.height);
      }
      std::cout << "tilted by " << degrees << " degrees" << (turned ? ", turned copies too" : "") << ": "
                << found << " of " << kPhotographs << " found\n";
      if (degrees <= 30 || turned) CHECK(found >= (degrees <= 30 ? 90 : 60));
    }
  }
}

}  // namespace bauta::test
