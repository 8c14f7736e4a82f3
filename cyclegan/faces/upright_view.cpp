#include "cyclegan/faces/upright_view.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <stdexcept>

namespace bauta {
namespace {

// Pixels of the photograph to one of a view.
double step_of(const FaceLocation& face) {
  if (!(face.width > 0 && face.height > 0)) throw std::invalid_argument("UprightView: the box has no area");
  return static_cast<double>(std::max(face.width, face.height)) / UprightView::kFaceSide;
}

}  // namespace

FaceSurroundings::FaceSurroundings(const Image& photo, const FaceLocation& face) : photo_(photo) {
  const double step = step_of(face);
  if (step <= 1) return;
  const auto middle_x = static_cast<int>(face.x + face.width / 2),
             middle_y = static_cast<int>(face.y + face.height / 2);
  const int reach = static_cast<int>(std::ceil(step * UprightView::kSide / 2 * std::numbers::sqrt2)) + 1;
  place_ = intersection({middle_x - reach, middle_y - reach, 2 * reach + 1, 2 * reach + 1},
                        {0, 0, photo.width, photo.height});
  if (place_.area() == 0) return;
  const auto shrunk = [step](int side) { return std::max(1, static_cast<int>(std::lround(side / step))); };
  shrunk_ = resize(crop(photo, place_.x, place_.y, place_.width, place_.height), shrunk(place_.width),
                   shrunk(place_.height));
  across_ = static_cast<double>(shrunk_->width) / place_.width;
  down_ = static_cast<double>(shrunk_->height) / place_.height;
}

Image FaceSurroundings::cut_out(const AffineMap& map, int side) const {
  if (!shrunk_) return cut(photo_, map, side);
  // Pixel centres have whole coordinates in both.
  return cut(*shrunk_,
             {map.xx * across_, map.xy * across_, (map.x0 - place_.x + 0.5) * across_ - 0.5, map.yx * down_,
              map.yy * down_, (map.y0 - place_.y + 0.5) * down_ - 0.5},
             side);
}

UprightView::UprightView(const FaceLocation& face, double degrees)
    : cosine_(std::cos(degrees * std::numbers::pi / 180)),
      sine_(std::sin(degrees * std::numbers::pi / 180)),
      step_(step_of(face)) {
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
