#include "cyclegan/faces/upright_view.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <stdexcept>

namespace bauta {

UprightView::UprightView(const FaceLocation& face, double degrees)
    : cosine_(std::cos(degrees * std::numbers::pi / 180)),
      sine_(std::sin(degrees * std::numbers::pi / 180)),
      step_(static_cast<double>(std::max(face.width, face.height)) / kFaceSide) {
  if (!(face.width > 0 && face.height > 0)) throw std::invalid_argument("UprightView: the box has no area");
  map_ = {step_ * cosine_, -step_ * sine_, 0, step_ * sine_, step_ * cosine_, 0};
  const double middle = (kSide - 1) / 2.0;
  map_.x0 = static_cast<double>(face.x + face.width / 2) - (map_.xx + map_.xy) * middle;
  map_.y0 = static_cast<double>(face.y + face.height / 2) - (map_.yx + map_.yy) * middle;
}

Point UprightView::to_photograph(Point seen) const {
  const double x = seen.x, y = seen.y;
  return {static_cast<float>(map_.xx * x + map_.xy * y + map_.x0),
          static_cast<float>(map_.yx * x + map_.yy * y + map_.y0)};
}

Image UprightView::of(const Image& photo) const {
  if (step_ <= 1) return cut(photo, map_, kSide);
  // A cut takes single pixels: what is to shrink is averaged first, as far as the view reaches.
  const Point middle = to_photograph({(kSide - 1) / 2.0f, (kSide - 1) / 2.0f});
  const int reach = static_cast<int>(std::ceil(step_ * kSide / 2 * std::numbers::sqrt2)) + 1;
  const Box around = intersection(
      {static_cast<int>(middle.x) - reach, static_cast<int>(middle.y) - reach, 2 * reach + 1, 2 * reach + 1},
      {0, 0, photo.width, photo.height});
  if (around.area() == 0) return cut(photo, map_, kSide);
  const auto shrunk = [this](int side) { return std::max(1, static_cast<int>(std::lround(side / step_))); };
  const Image small = resize(crop(photo, around.x, around.y, around.width, around.height),
                             shrunk(around.width), shrunk(around.height));
  const double across = static_cast<double>(small.width) / around.width,
               down = static_cast<double>(small.height) / around.height;
  // Pixel centres have whole coordinates in both.
  return cut(small,
             {map_.xx * across, map_.xy * across, (map_.x0 - around.x + 0.5) * across - 0.5, map_.yx * down,
              map_.yy * down, (map_.y0 - around.y + 0.5) * down - 0.5},
             kSide);
}

FaceLocation UprightView::in_photograph(const FaceLocation& seen) const {
  const Point middle = to_photograph({seen.x + seen.width / 2, seen.y + seen.height / 2});
  const double width = step_ * seen.width, height = step_ * seen.height;
  FaceLocation placed;
  placed.width = static_cast<float>(std::hypot(width * cosine_, height * sine_));
  placed.height = static_cast<float>(std::hypot(width * sine_, height * cosine_));
  placed.x = middle.x - placed.width / 2;
  placed.y = middle.y - placed.height / 2;
  for (std::size_t n = 0; n < seen.landmarks.size(); ++n)
    placed.landmarks[n] = to_photograph(seen.landmarks[n]);
  return placed;
}

}  // namespace bauta
