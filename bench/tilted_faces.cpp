// How much of a face is covered that leans: photographs turned by some degrees, their faces looked for as
// `bauta deid` does, beside where the upright photograph's largest face has gone.
// tilted_faces PHOTO|FOLDER... > tilted_faces.csv
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <ctime>
#include <exception>
#include <numbers>
#include <stdexcept>
#include <vector>

#include "cyclegan/faces/alignment.h"
#include "cyclegan/faces/face_detector.h"
#include "cyclegan/networks/model_files.h"
#include "io/dataset.h"

namespace {

using namespace bauta;

constexpr int kSmallestFace = 40;

// About the middle, clockwise, so that nothing is cut off; at the corners the edge is repeated.
struct Turn {
  int side;
  AffineMap back;  // from the turned photograph to the upright one

  Turn(const Image& photo, int degrees)
      : side(static_cast<int>(std::ceil(degrees % 90 == 0 ? std::max(photo.width, photo.height)
                                                          : std::hypot(photo.width, photo.height)))) {
    const double angle = degrees * std::numbers::pi / 180, c = std::cos(angle), s = std::sin(angle);
    const double middle = (side - 1) / 2.0;
    back = {c,  s, (photo.width - 1) / 2.0 - (c + s) * middle,
            -s, c, (photo.height - 1) / 2.0 - (c - s) * middle};
  }
  Point forward(double x, double y) const {
    const double u = x - back.x0, v = y - back.y0;
    return {static_cast<float>(back.xx * u + back.yx * v), static_cast<float>(back.xy * u + back.yy * v)};
  }
};

// Of the ellipse in the upright face's box.
double covered_share(const FaceLocation& face, const Turn& turn, const std::vector<FoundFace>& found) {
  constexpr int kGrid = 41;
  int all = 0, covered = 0;
  for (int j = 0; j < kGrid; ++j)
    for (int i = 0; i < kGrid; ++i) {
      const double u = (2.0 * i + 1) / kGrid - 1, v = (2.0 * j + 1) / kGrid - 1;
      if (u * u + v * v > 1) continue;
      const Point at =
          turn.forward(static_cast<double>(face.x) + static_cast<double>(face.width) * (u + 1) / 2,
                       static_cast<double>(face.y) + static_cast<double>(face.height) * (v + 1) / 2);
      ++all;
      covered += std::ranges::any_of(found, [&at](const FoundFace& one) {
        const Box box = face_box(one.location);
        return at.x >= static_cast<float>(box.x) && at.x < static_cast<float>(box.x + box.width) &&
               at.y >= static_cast<float>(box.y) && at.y < static_cast<float>(box.y + box.height);
      });
    }
  return static_cast<double>(covered) / all;
}

double cpu_seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

struct Way {
  const char* name;
  bool turned_too, turned;
  std::vector<double> shares = {};
  std::size_t found = 0;
  double seconds = 0;
};

void measure(const std::vector<std::filesystem::path>& photographs) {
  Engine engine(*available_backends().front(), 1);
  const FaceDetector detector(engine, fetched_network("yunet"));
  std::printf(
      "degrees,looked at,photographs,faces found,covered by 95 %%,covered less than half,least %%,mean "
      "%%,CPU ms a photograph\n");
  for (const int degrees : {0, 30, 45, 60, 90, 180, 270}) {
    std::vector<Way> ways{{"once", false, false},
                          {"doubtful again", true, false},
                          {"once and --turned", false, true},
                          {"doubtful again and --turned", true, true}};
    for (const auto& path : photographs) {
      const Image photo = read_image(path);
      DetectionOptions options;
      options.smallest = kSmallestFace;
      options.turned_too = false;
      const std::vector<FoundFace> upright = detector.find(photo, options);
      if (upright.empty()) continue;
      const Turn turn(photo, degrees);
      const Image turned = cut(photo, turn.back, turn.side);
      for (Way& way : ways) {
        options.turned_too = way.turned_too;
        options.turned = way.turned;
        const double start = cpu_seconds();
        const std::vector<FoundFace> found = detector.find(turned, options);
        way.seconds += cpu_seconds() - start;
        way.found += found.size();
        way.shares.push_back(covered_share(upright.front().location, turn, found));
      }
    }
    if (ways.front().shares.empty())
      throw std::runtime_error("no face is found in the photographs; name others");
    for (const Way& way : ways) {
      double sum = 0;
      for (const double share : way.shares) sum += share;
      const auto n = static_cast<double>(way.shares.size());
      std::printf("%d,%s,%zu,%zu,%td,%td,%.1f,%.1f,%.1f\n", degrees, way.name, way.shares.size(), way.found,
                  std::ranges::count_if(way.shares, [](double share) { return share >= 0.95; }),
                  std::ranges::count_if(way.shares, [](double share) { return share < 0.5; }),
                  100 * *std::ranges::min_element(way.shares), 100 * sum / n, 1000 * way.seconds / n);
      std::fflush(stdout);
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  try {
    measure(list_images({argv + 1, argv + argc}));
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "tilted_faces: %s\n", error.what());
    return 1;
  }
}
