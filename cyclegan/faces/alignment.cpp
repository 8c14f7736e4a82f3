#include "cyclegan/faces/alignment.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace bauta {

namespace {

// The two pixels around a place along one side, and how much of the second.
struct Neighbours {
  int first, second;
  double second_weight;

  Neighbours(double place, int size) {
    // Beyond the edge all is the edge, however far: a place must not overflow an int.
    const double inside = std::clamp(place, 0.0, static_cast<double>(size - 1));
    first = static_cast<int>(inside);
    second = std::min(first + 1, size - 1);
    second_weight = inside - first;
  }
};

constexpr Landmarks kSFaceTargets{{{38.2946f, 51.6963f},
                                   {73.5318f, 51.5014f},
                                   {56.0252f, 71.7366f},
                                   {41.5493f, 92.3655f},
                                   {70.7299f, 92.2041f}}};

}  // namespace

AffineMap map_to_box(const FaceLocation& face, double growth, int side) {
  if (!(face.width > 0 && face.height > 0 && growth > 0 && side > 0))
    throw std::invalid_argument("map_to_box: the box has no area");
  const double width = growth * static_cast<double>(face.width);
  const double height = growth * static_cast<double>(face.height);
  AffineMap map;
  map.xx = width / side;
  map.yy = height / side;
  map.x0 = static_cast<double>(face.x) + (static_cast<double>(face.width) - width) / 2;
  map.y0 = static_cast<double>(face.y) + (static_cast<double>(face.height) - height) / 2;
  return map;
}

AffineMap map_to_landmarks(const Landmarks& from, const Landmarks& to) {
  struct Mean {
    double x = 0, y = 0;
    explicit Mean(const Landmarks& points) {
      for (const Point& point : points) x += static_cast<double>(point.x), y += static_cast<double>(point.y);
      x /= static_cast<double>(points.size());
      y /= static_cast<double>(points.size());
    }
  };
  const Mean from_mean(from), to_mean(to);
  // About the means the best factor, a complex number, is <from, to> / <from, from>.
  double real = 0, imaginary = 0, spread = 0, to_spread = 0;
  for (std::size_t i = 0; i < from.size(); ++i) {
    const double u = static_cast<double>(from[i].x) - from_mean.x;
    const double v = static_cast<double>(from[i].y) - from_mean.y;
    const double p = static_cast<double>(to[i].x) - to_mean.x;
    const double q = static_cast<double>(to[i].y) - to_mean.y;
    real += u * p + v * q;
    imaginary += u * q - v * p;
    spread += u * u + v * v;
    to_spread += p * p + q * q;
  }
  if (!(spread > 0 && to_spread > 0 && std::isfinite(spread) && std::isfinite(to_spread)))
    throw std::invalid_argument("map_to_landmarks: the landmarks do not span a face");
  AffineMap map;
  map.xx = map.yy = real / spread;
  map.yx = imaginary / spread;
  map.xy = -map.yx;
  map.x0 = to_mean.x - map.xx * from_mean.x - map.xy * from_mean.y;
  map.y0 = to_mean.y - map.yx * from_mean.x - map.yy * from_mean.y;
  return map;
}

Image cut(const Image& photo, const AffineMap& map, int side) {
  if (photo.width < 1 || photo.height < 1) throw std::invalid_argument("cut: the photograph has no pixels");
  for (double number : {map.xx, map.xy, map.x0, map.yx, map.yy, map.y0})
    if (!std::isfinite(number)) throw std::invalid_argument("cut: the map is no number");
  Image result = blank_image(side, side);
  for (int y = 0; y < side; ++y)
    for (int x = 0; x < side; ++x) {
      const Neighbours across(map.xx * x + map.xy * y + map.x0, photo.width);
      const Neighbours down(map.yx * x + map.yy * y + map.y0, photo.height);
      const auto row = [&](int from, int channel) {
        const double left = photo.at(across.first, from)[channel];
        const double right = photo.at(across.second, from)[channel];
        return left + across.second_weight * (right - left);
      };
      for (int channel = 0; channel < 3; ++channel) {
        const double above = row(down.first, channel), below = row(down.second, channel);
        // Never below zero, so that half a level more and the fraction dropped is to round.
        result.at(x, y)[channel] =
            static_cast<std::uint8_t>(above + down.second_weight * (below - above) + 0.5);
      }
    }
  return result;
}

Image cut_for_facenet(const Image& photo, const FaceLocation& face) {
  constexpr double kGrowth = 1.15;
  return cut(photo, map_to_box(face, kGrowth, kFaceNetSide), kFaceNetSide);
}

Image cut_for_sface(const Image& photo, const FaceLocation& face) {
  return cut(photo, map_to_landmarks(kSFaceTargets, face.landmarks), kSFaceSide);
}

}  // namespace bauta
