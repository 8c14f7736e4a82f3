#include "cyclegan/baselines/irreversible.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>
#include <vector>

#include "cyclegan/baselines/visible_face.h"

namespace bauta {
namespace {

// One half and the middle of a Gaussian that is cut where it falls below a part in three hundred.
std::vector<double> gaussian_taps(double deviation) {
  constexpr double kReach = 3.5;  // deviations
  std::vector<double> taps(static_cast<std::size_t>(std::ceil(kReach * deviation)) + 1);
  double sum = 0;
  for (std::size_t i = 0; i < taps.size(); ++i) {
    const double t = static_cast<double>(i) / deviation;
    taps[i] = std::exp(-t * t / 2);
    sum += (i == 0 ? 1 : 2) * taps[i];
  }
  for (double& tap : taps) tap /= sum;
  return taps;
}

// The weighted sum around `place` of value(i), i kept within 0 .. count - 1.
template <class Value>
double blurred(const std::vector<double>& taps, int place, int count, Value value) {
  double sum = taps[0] * value(place);
  for (int i = 1; i < static_cast<int>(taps.size()); ++i)
    sum += taps[static_cast<std::size_t>(i)] *
           (value(std::max(place - i, 0)) + value(std::min(place + i, count - 1)));
  return sum;
}

}  // namespace

Image IrreversibleMethod::restore(const FacePicture& /*hidden*/, Key /*key*/) const {
  throw std::logic_error("an irreversible method is asked to restore");
}

Image Mask::hide(const FacePicture& clear) const {
  Image image = *clear.picture;
  const Box face = visible_face(clear);
  for (int y = face.y; y < face.y + face.height; ++y)
    std::fill_n(image.at(face.x, y), 3 * face.width, std::uint8_t{0});
  return image;
}

PlainMosaic::PlainMosaic(int blocks) : blocks_(blocks) {
  if (blocks < 1) throw std::invalid_argument("a mosaic of " + std::to_string(blocks) + " blocks");
}

Image PlainMosaic::hide(const FacePicture& clear) const {
  constexpr int kSmallestBlock = 2;
  const Box face = face_box(clear);
  return mosaic(*clear.picture, face, std::max(mosaic_block(face, blocks_), kSmallestBlock));
}

GaussianBlur::GaussianBlur(int part) : part_(part) {
  if (part < 1) throw std::invalid_argument("a blur of a face's side over " + std::to_string(part));
}

Image GaussianBlur::hide(const FacePicture& clear) const {
  const Image& from = *clear.picture;
  Image image = from;
  const Box face = visible_face(clear);
  if (face.area() == 0) return image;
  const int shorter = std::min(clear.face.width, clear.face.height);
  const auto taps = gaussian_taps(std::max(static_cast<double>(shorter) / part_, 1.0));

  // Along the rows, of every row that the columns will read; then along the columns.
  const int reach = static_cast<int>(taps.size()) - 1;
  const int top = std::max(face.y - reach, 0), bottom = std::min(face.y + face.height + reach, from.height);
  const auto row_floats = static_cast<std::size_t>(3 * face.width);
  std::vector<double> rows(row_floats * static_cast<std::size_t>(bottom - top));
  const auto across = [&](int x, int y, int c) -> double& {
    return rows[static_cast<std::size_t>(y - top) * row_floats + static_cast<std::size_t>(3 * x + c)];
  };
  for (int y = top; y < bottom; ++y)
    for (int x = 0; x < face.width; ++x)
      for (int c = 0; c < 3; ++c)
        across(x, y, c) = blurred(taps, face.x + x, from.width, [&](int i) { return from.at(i, y)[c]; });
  for (int y = face.y; y < face.y + face.height; ++y)
    for (int x = 0; x < face.width; ++x)
      for (int c = 0; c < 3; ++c)
        image.at(face.x + x, y)[c] = static_cast<std::uint8_t>(
            std::lround(blurred(taps, y, from.height, [&](int i) { return across(x, i, c); })));
  return image;
}

}  // namespace bauta
