#include "cyclegan/anonymizer/face_crop.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "io/box.h"

namespace bauta {

FaceCrop crop_face(const Image& photo, const Box& face, double margin, int size, int blocks) {
  const Box visible = intersection(face, {0, 0, photo.width, photo.height});
  if (visible.area() == 0) throw std::invalid_argument("crop_face: the face lies outside the photograph");
  if (!(margin >= 1)) throw std::invalid_argument("crop_face: a margin below 1 would cut the face");
  const double wanted = std::round(margin * std::max(visible.width, visible.height));
  if (!(wanted * wanted <= static_cast<double>(kMaxPixels)))
    throw std::invalid_argument("crop_face: the crop would have more than " + std::to_string(kMaxPixels) +
                                " pixels");
  const int side = static_cast<int>(wanted);
  const Box square{visible.x - (side - visible.width) / 2, visible.y - (side - visible.height) / 2, side,
                   side};

  FaceCrop result;
  result.clear = resize(crop(photo, square.x, square.y, side, side), size, size);
  const auto mapped = [side, size](int pixels) {
    return static_cast<int>(std::lround(static_cast<double>(pixels) * size / side));
  };
  const int left = mapped(visible.x - square.x), top = mapped(visible.y - square.y);
  const Box inside{left, top, std::max(1, mapped(visible.x - square.x + visible.width) - left),
                   std::max(1, mapped(visible.y - square.y + visible.height) - top)};
  const int block = mosaic_block(inside, blocks);
  result.mosaic = mosaic(result.clear, inside, block);
  result.entry.source_crop = square;
  result.entry.source_face = visible;
  result.entry.source_block = mosaic_block(visible, blocks);
  result.entry.face = inside;
  result.entry.block = block;
  return result;
}

}  // namespace bauta
