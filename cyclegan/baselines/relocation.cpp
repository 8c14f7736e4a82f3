#include "cyclegan/baselines/relocation.h"

#include <algorithm>
#include <stdexcept>
#include <string>
#include <vector>

#include "cyclegan/baselines/visible_face.h"
#include "cyclegan/shuffled.h"

namespace bauta {
namespace {

struct Place {
  int x, y;  // of a square's top left pixel, in the picture
};

// The whole squares of `side` pixels in the box, row by row.
std::vector<Place> squares_of(const Box& box, int side) {
  std::vector<Place> places;
  for (int y = 0; y + side <= box.height; y += side)
    for (int x = 0; x + side <= box.width; x += side) places.push_back({box.x + x, box.y + y});
  return places;
}

// The pixels of the box that are in none of them.
std::vector<Place> rest_of(const Box& box, int side) {
  const int covered_width = box.width / side * side, covered_height = box.height / side * side;
  std::vector<Place> places;
  for (int y = 0; y < box.height; ++y)
    for (int x = y < covered_height ? covered_width : 0; x < box.width; ++x)
      places.push_back({box.x + x, box.y + y});
  return places;
}

enum class Direction { Hide, Restore };

// Hiding, the square at places[order[i]] comes to places[i]; restoring, it goes back.
void relocate(Image& into, const Image& from, const std::vector<Place>& places, int side,
              const RandomStream& stream, Direction direction) {
  const std::vector<std::size_t> order = shuffled(places.size(), stream);
  for (std::size_t i = 0; i < places.size(); ++i) {
    Place source = places[order[i]], target = places[i];
    if (direction == Direction::Restore) std::swap(source, target);
    for (int row = 0; row < side; ++row)
      std::copy_n(from.at(source.x, source.y + row), 3 * side, into.at(target.x, target.y + row));
  }
}

Image relocated(const FacePicture& picture, int largest, std::uint64_t key, Direction direction) {
  constexpr int kFewestAlongASide = 4;
  Image image = *picture.picture;
  const Box face = visible_face(picture);
  const int side = std::clamp(std::min(face.width, face.height) / kFewestAlongASide, 1, largest);
  relocate(image, *picture.picture, squares_of(face, side), side, key_stream(key, KeyUse::Squares),
           direction);
  relocate(image, *picture.picture, rest_of(face, side), 1, key_stream(key, KeyUse::Pixels), direction);
  return image;
}

}  // namespace

Relocation::Relocation(int side, const KeyPair& keys) : side_(side), keys_(keys) {
  if (side < 1) throw std::invalid_argument("squares of " + std::to_string(side) + " pixels a side");
}

Image Relocation::hide(const FacePicture& clear) const {
  return relocated(clear, side_, keys_.right, Direction::Hide);
}

Image Relocation::restore(const FacePicture& hidden, Key key) const {
  return relocated(hidden, side_, keys_.of(key), Direction::Restore);
}

}  // namespace bauta
