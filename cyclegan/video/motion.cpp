#include "cyclegan/video/motion.h"

#include <algorithm>
#include <cmath>

namespace bauta {
namespace {

// In sides of the box: how far a detection is off, how much the velocity changes from frame to frame, and how
// quick a face may be when it is first seen.
constexpr double kDeviation = 0.05, kAcceleration = 0.03, kFirstVelocity = 0.3;

}  // namespace

CentredBox centred(const Box& box) {
  return {box.x + box.width / 2.0, box.y + box.height / 2.0, static_cast<double>(box.width),
          static_cast<double>(box.height)};
}

Box outward(const CentredBox& box) {
  const auto whole = [](double at) { return static_cast<int>(std::clamp(at, -1e8, 1e8)); };
  // A box of whole pixels stays what it is.
  constexpr double kRounding = 1e-6;
  const int left = whole(std::floor(box.x - box.width / 2 + kRounding));
  const int top = whole(std::floor(box.y - box.height / 2 + kRounding));
  return {left, top, whole(std::ceil(box.x + box.width / 2 - kRounding)) - left,
          whole(std::ceil(box.y + box.height / 2 - kRounding)) - top};
}

CentredBox hull(const CentredBox& a, const CentredBox& b) {
  const auto join = [](double at, double side, double other_at, double other_side) {
    const double begin = std::min(at - side / 2, other_at - other_side / 2);
    const double end = std::max(at + side / 2, other_at + other_side / 2);
    return std::pair((begin + end) / 2, end - begin);
  };
  const auto [x, width] = join(a.x, a.width, b.x, b.width);
  const auto [y, height] = join(a.y, a.height, b.y, b.height);
  return {x, y, width, height};
}

void BoxMotion::Coordinate::advance(double frames, double acceleration) {
  value += frames * velocity;
  vv += 2 * frames * vs + frames * frames * ss;
  vs += frames * ss;
  // Noise of an acceleration that changes each frame.
  const double noise = acceleration * acceleration;
  vv += noise * frames * frames * frames / 3;
  vs += noise * frames * frames / 2;
  ss += noise * frames;
}

void BoxMotion::Coordinate::measure(double seen, double deviation) {
  const double total = vv + deviation * deviation;
  const double gain = vv / total, velocity_gain = vs / total, error = seen - value;
  value += gain * error;
  velocity += velocity_gain * error;
  ss -= velocity_gain * vs;
  vs -= gain * vs;
  vv -= gain * vv;
}

BoxMotion::BoxMotion(const CentredBox& seen) : side_(seen.side()) {
  const double variance = std::pow(kDeviation * side_, 2), velocity = std::pow(kFirstVelocity * side_, 2);
  const std::array values{seen.x, seen.y, seen.width, seen.height};
  for (std::size_t i = 0; i < values.size(); ++i)
    coordinates_[i] = {values[i], 0, variance, 0, i < 2 ? velocity : velocity / 100};
}

CentredBox BoxMotion::box_of(const std::array<Coordinate, 4>& coordinates) {
  return {coordinates[0].value, coordinates[1].value, std::max(1.0, coordinates[2].value),
          std::max(1.0, coordinates[3].value)};
}

CentredBox BoxMotion::after(int frames) const {
  auto ahead = coordinates_;
  for (std::size_t i = 0; i < ahead.size(); ++i) {
    // A face that comes nearer does not go on growing while nobody sees it.
    if (i < 2) ahead[i].value += frames * ahead[i].velocity;
  }
  return box_of(ahead);
}

void BoxMotion::see(const CentredBox& seen, int frames) {
  const std::array values{seen.x, seen.y, seen.width, seen.height};
  for (std::size_t i = 0; i < values.size(); ++i) {
    coordinates_[i].advance(frames, kAcceleration * side_ * (i < 2 ? 1 : 0.3));
    coordinates_[i].measure(values[i], kDeviation * side_);
  }
  side_ = seen.side();
}

}  // namespace bauta
