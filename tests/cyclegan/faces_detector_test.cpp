// The face detector beside OpenCV's on photographs (BAUTA_FACES, see tests/README.md), and on the picture
// that comes with the default model, a portrait in the public domain beside what De-ID and Re-ID made of it.
#include <doctest/doctest.h>

#include "cyclegan/faces/face_detector.h"
#include "io/file_error.h"
#include "tests/cyclegan/identity_references.h"

namespace bauta::test {

namespace {

const std::filesystem::path kPortrait =
    std::filesystem::path(BAUTA_SOURCE_DIR) / "models" / "face-128" / "demo.png";

bool yunet_is_fetched() {
  if (std::filesystem::exists(fetched("yunet"))) return true;
  std::cout << "SKIP: YuNet is not here; run scripts/fetch_networks\n";
  return false;
}

double intersection_over_union(const FaceLocation& a, const FaceLocation& b) {
  const double width = std::min(a.x + a.width, b.x + b.width) - std::max(a.x, b.x),
               height = std::min(a.y + a.height, b.y + b.height) - std::max(a.y, b.y);
  if (width <= 0 || height <= 0) return 0;
  const double both = width * height;
  return both / (double{a.width} * a.height + double{b.width} * b.height - both);
}

// The farthest that a landmark lies from the other face's, over the width of that face.
double landmark_distance(const FaceLocation& face, const FaceLocation& from) {
  double farthest = 0;
  for (std::size_t n = 0; n < face.landmarks.size(); ++n)
    farthest = std::max<double>(farthest, std::hypot(face.landmarks[n].x - from.landmarks[n].x,
                                                     face.landmarks[n].y - from.landmarks[n].y));
  return farthest / from.width;
}

// The same face in a photograph that was enlarged.
FaceLocation enlarged(const FaceLocation& face, double factor) {
  const auto moved = [factor](float at) { return static_cast<float>((at + 0.5) * factor - 0.5); };
  FaceLocation into{moved(face.x),
                    moved(face.y),
                    static_cast<float>(face.width * factor),
                    static_cast<float>(face.height * factor),
                    {}};
  for (std::size_t n = 0; n < face.landmarks.size(); ++n)
    into.landmarks[n] = {moved(face.landmarks[n].x), moved(face.landmarks[n].y)};
  return into;
}

}  // namespace

TEST_CASE("YuNet finds the faces that a reference runtime finds") {
  if (!yunet_is_fetched()) return;
  const std::filesystem::path folder = named_folder("BAUTA_FACES", "yunet.tsv");
  if (folder.empty()) return;
  std::vector<Row> rows = read_table(folder / "yunet.tsv");
  constexpr std::size_t kPhotographs = 300;
  const std::size_t step =
      std::getenv("BAUTA_ALL_PHOTOGRAPHS") ? 1 : std::max<std::size_t>(1, rows.size() / kPhotographs);

  Engine engine;
  const FaceDetector detector(engine, fetched("yunet"));
  DetectionOptions options;
  options.smallest = 1;        // the reference has all of them
  options.turned_too = false;  // and no others
  int measured = 0, same_count = 0, same_box = 0;
  double least_overlap = 1, most_score = 0, most_landmark = 0;
  for (std::size_t i = 0; i < rows.size(); i += step, ++measured) {
    const auto faces = detector.find(read_image(folder / rows[i].at("path")), options);
    same_count += faces.size() == std::stoul(rows[i].at("n"));
    if (faces.empty()) continue;
    const FaceLocation reference = face_of(rows[i]);
    const double overlap = intersection_over_union(faces.front().location, reference);
    same_box += overlap > 0.95;
    least_overlap = std::min(least_overlap, overlap);
    most_score = std::max(most_score, std::abs(faces.front().score - std::stod(rows[i].at("score"))));
    most_landmark = std::max(most_landmark, landmark_distance(faces.front().location, reference));
  }
  REQUIRE(measured > 0);
  std::cout << "YuNet on " << measured << " photographs: number of faces " << 100.0 * same_count / measured
            << " %, largest face's box " << 100.0 * same_box / measured << " % (least overlap "
            << least_overlap << "), score off by at most " << most_score << ", landmarks by " << most_landmark
            << " of the face's width\n";
  CHECK(same_count >= 0.99 * measured);
  CHECK(same_box >= 0.99 * measured);
}

TEST_CASE("YuNet: faces are found from 20 pixels to most of a large photograph") {
  if (!yunet_is_fetched()) return;
  const std::filesystem::path folder = named_folder("BAUTA_FACES", "yunet.tsv");
  if (folder.empty()) return;
  std::vector<Row> rows = read_table(folder / "yunet.tsv");
  std::erase_if(rows, [](const Row& row) { return row.at("n") != "1"; });
  Engine engine;
  const FaceDetector detector(engine, fetched("yunet"));
  struct Size {
    double height;  // of the face's box, pixels
    std::size_t photographs;
    double at_least;  // so many of them are found
    bool enlarged = false;
  };
  for (const Size& size : {Size{12, 40, 0},
                           {16, 40, 0},
                           {20, 40, 0.6},
                           {10, 40, 0.5, true},
                           {12, 40, 0.5, true},
                           {16, 40, 0.8, true},
                           {20, 40, 0.8, true},
                           {32, 40, 0.8},
                           {200, 20, 0.95},
                           {600, 10, 0.95},
                           {1200, 8, 0.95},
                           {2000, 4, 0.95}}) {
    CAPTURE(size.height);
    int found = 0;
    for (std::size_t n = 0; n < size.photographs; ++n) {
      const Row& row = rows[n * rows.size() / size.photographs];
      const FaceLocation reference = face_of(row);
      const Image photo = read_image(folder / row.at("path"));
      const double factor = size.height / reference.height;
      const auto side = [factor](int before) {
        return std::max(1, static_cast<int>(std::lround(before * factor)));
      };
      const Image scaled = resize(photo, side(photo.width), side(photo.height));
      // In the middle of a grey photograph.
      const int around = std::max(640, std::max(scaled.width, scaled.height) + 64);
      Image whole = blank_image(around, around);
      std::ranges::fill(whole.pixels, std::uint8_t{110});
      const int left = (around - scaled.width) / 2, top = (around - scaled.height) / 2;
      paste(whole, scaled, left, top);
      DetectionOptions options;
      options.smallest = std::min(FaceDetector::kFindable, static_cast<int>(size.height / 2));
      options.enlarged = size.enlarged;
      FaceLocation expected = enlarged(reference, factor);
      expected.x += static_cast<float>(left);
      expected.y += static_cast<float>(top);
      const auto faces = detector.find(whole, options);
      found += std::ranges::any_of(faces, [&](const FoundFace& face) {
        return intersection_over_union(face.location, expected) > 0.5;
      });
    }
    std::cout << "faces of " << size.height << " pixels" << (size.enlarged ? ", enlarged: " : ": ") << found
              << " of " << size.photographs << " found\n";
    CHECK(found >= size.at_least * static_cast<double>(size.photographs));
  }
}

TEST_CASE("YuNet: a face is found wherever it is and however large the photograph is") {
  if (!yunet_is_fetched()) return;
  const Image portrait = read_image(kPortrait);
  Engine engine;
  const FaceDetector detector(engine, fetched("yunet"));
  const auto faces = detector.find(portrait);
  REQUIRE(faces.size() >= 2);  // the original and the restored one
  const FaceLocation& face = faces.front().location;
  for (const Point& landmark : face.landmarks) {
    CHECK((landmark.x > face.x && landmark.x < face.x + face.width));
    CHECK((landmark.y > face.y && landmark.y < face.y + face.height));
  }
  CHECK(face.landmarks[0].x < face.landmarks[1].x);  // the person's right eye is on our left
  CHECK(face.landmarks[0].y < face.landmarks[2].y);
  CHECK(face.landmarks[2].y < face.landmarks[3].y);

  for (const int factor : {2, 5, 12}) {
    CAPTURE(factor);
    const Image large = resize(portrait, factor * portrait.width, factor * portrait.height);
    const auto again = detector.find(large);
    REQUIRE(again.size() >= 2);
    const FaceLocation expected = enlarged(face, factor);
    const bool found = std::ranges::any_of(again, [&](const FoundFace& other) {
      return intersection_over_union(other.location, expected) > 0.85 &&
             landmark_distance(other.location, expected) < 0.1;
    });
    CHECK(found);
    // Parts of a large face are no faces: no two share much.
    for (std::size_t i = 0; i < again.size(); ++i)
      for (std::size_t j = 0; j < i; ++j)
        CHECK(intersection_over_union(again[i].location, again[j].location) == 0);
  }
}

TEST_CASE("YuNet: of a face that the edge cuts what is left is found, though less surely") {
  if (!yunet_is_fetched()) return;
  const Image portrait = read_image(kPortrait);
  Engine engine;
  const FaceDetector detector(engine, fetched("yunet"));
  const FaceLocation face = detector.find(portrait).front().location;
  int unsure = 0;
  for (const float share : {0.5f, 0.6f, 0.65f}) {
    CAPTURE(share);
    const auto from = static_cast<int>(face.x + share * face.width);
    const Image cut = crop(portrait, from, 0, portrait.width - from, portrait.height);
    const FaceLocation left{0, face.y, face.x + face.width - static_cast<float>(from), face.height, {}};
    const auto faces = detector.find(cut);
    const auto found = std::ranges::find_if(faces, [&left](const FoundFace& other) {
      return intersection_over_union(other.location, left) > 0.4;
    });
    REQUIRE(found != faces.end());
    unsure += found->score < DetectionOptions{}.score;
  }
  CHECK(unsure > 0);
}

TEST_CASE("YuNet: a few rows or columns of pixels have no faces, and cost no memory") {
  if (!yunet_is_fetched()) return;
  Engine engine;
  const FaceDetector detector(engine, fetched("yunet"));
  const std::size_t before = engine.memory().held;
  CHECK(detector.find(blank_image(2'000'000, FaceDetector::kThinnest - 1)).empty());
  CHECK(detector.find(blank_image(1, 2'000'000)).empty());
  CHECK(engine.memory().held == before);
}

TEST_CASE("YuNet: what is asked of a face holds") {
  if (!yunet_is_fetched()) return;
  const Image portrait = read_image(kPortrait);
  Engine engine;
  const FaceDetector detector(engine, fetched("yunet"));
  const auto faces = detector.find(portrait);
  REQUIRE(!faces.empty());
  DetectionOptions options;
  options.smallest = static_cast<int>(faces.front().location.height) + 10;
  CHECK(detector.find(portrait, options).empty());
  options = {};
  options.score = 0.99f;
  CHECK(detector.find(portrait, options).empty());
  CHECK(detector.find(blank_image(3, 500)).empty());
  CHECK_THROWS_AS(detector.find(Image{}), std::invalid_argument);
  CHECK_THROWS_AS(FaceDetector(engine, kPortrait), FileError);
}

TEST_CASE("the box of a face is a square that holds all of what was found") {
  const FaceLocation face{10.4f, 20.6f, 30.0f, 50.2f, {}};
  const Box box = face_box(face);
  CHECK(box.width == box.height);
  CHECK(box.width == 51);
  CHECK((box.x == 0 && box.y == 21));
  CHECK(face_box({-100, -100, 0, 0, {}}).area() == 1);
}

}  // namespace bauta::test
