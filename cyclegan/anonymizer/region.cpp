#include "cyclegan/anonymizer/region.h"

#include <algorithm>
#include <cstdint>
#include <stdexcept>

#include "cyclegan/networks/generator.h"

namespace bauta {
namespace {

constexpr int kSmallestBlock = 2;  // network pixels

// Where the crop begins along one side of the photograph.
int crop_start(int face_start, int face_side, int crop_side, int photo_side, int k) {
  const int centred = face_start - (crop_side - face_side) / 2;
  if (crop_side <= photo_side) return std::clamp(centred, 0, photo_side - crop_side);
  // Too large to fit: it covers the whole side, and its grid passes through the photograph's first pixel, so
  // that no k x k square is cut there. Division rounds towards zero, so the other end stays covered.
  return std::clamp(centred, photo_side - crop_side, 0) / k * k;
}

// Snaps [start, start + side) outward to the grid of k pixels that begins at `origin`; cut at the
// photograph's end.
void snap(int& start, int& side, int origin, int k, int photo_side) {
  const int end = start + side;
  start = origin + (start - origin) / k * k;
  const std::int64_t snapped_end = origin + (std::int64_t{end} - origin + k - 1) / k * k;
  side = static_cast<int>(std::min<std::int64_t>(snapped_end, photo_side)) - start;
}

}  // namespace

bool is_network_size(int size) {
  return size >= kSmallestNetworkSize && size <= kLargestNetworkSize && size % Generator::kSizeMultiple == 0;
}

Region plan_region(ImageSize photo, const Box& face, int network_size, int blocks) {
  if (!is_network_size(network_size)) {
    throw std::invalid_argument("plan_region: no network has pictures of " + std::to_string(network_size) +
                                " pixels a side");
  }
  Region region;
  region.face = intersection(face, {0, 0, photo.width, photo.height});
  if (region.face.area() == 0)
    throw std::invalid_argument("plan_region: the face lies outside the photograph");
  const std::int64_t longer = std::max(region.face.width, region.face.height);
  region.k = static_cast<int>((6 * longer + 5 * network_size - 1) / (5 * std::int64_t{network_size}));
  const int side = region.k * network_size;
  region.crop = {crop_start(region.face.x, region.face.width, side, photo.width, region.k),
                 crop_start(region.face.y, region.face.height, side, photo.height, region.k), side, side};
  snap(region.face.x, region.face.width, region.crop.x, region.k, photo.width);
  snap(region.face.y, region.face.height, region.crop.y, region.k, photo.height);
  const MosaicBox box = network_box(region);
  region.block =
      region.k * std::max(kSmallestBlock, mosaic_block({box.x, box.y, box.width, box.height}, blocks));
  return region;
}

MosaicBox network_box(const Region& region) {
  const int k = region.k;
  return {(region.face.x - region.crop.x) / k, (region.face.y - region.crop.y) / k,
          (region.face.width + k - 1) / k, (region.face.height + k - 1) / k, region.block / k};
}

// Pictures grow by k in both directions, so they are made and pasted a band of rows at a time.

Image network_picture(const Image& photo, const Region& region) {
  const Box& square = region.crop;
  Image picture = blank_image(region.network_size(), region.network_size());
  for (int row = 0; row < picture.height; ++row) {
    const Image band = crop(photo, square.x, square.y + row * region.k, square.width, region.k);
    paste(picture, block_average(band, region.k), 0, row);
  }
  return picture;
}

Image written_network_picture(const Image& photo, const Region& region) {
  Image picture = network_picture(photo, region);
  const MosaicBox box = network_box(region);
  for (int y = 0; y < box.height; ++y) {
    for (int x = 0; x < box.width; ++x) {
      std::copy_n(photo.at(region.face.x + x * region.k, region.face.y + y * region.k), 3,
                  picture.at(box.x + x, box.y + y));
    }
  }
  return picture;
}

void paste_repeated(Image& photo, const Image& network_picture, const Region& region) {
  const MosaicBox box = network_box(region);
  for (int row = 0; row < box.height; ++row) {
    const Image pixels = crop(network_picture, box.x, box.y + row, box.width, 1);
    // The face ends where its last k x k squares do or where the photograph does, which cuts them.
    paste(photo, replicate(pixels, region.k), region.face.x, region.face.y + row * region.k);
  }
}

void paste_smooth(Image& photo, const Image& network_picture, const Region& region) {
  const int k = region.k;
  const MosaicBox box = network_box(region);
  for (int row = 0; row < box.height; ++row) {
    // A pixel more on every side, for what lies between it and the first of ours.
    const Image pixels = crop(network_picture, box.x - 1, box.y + row - 1, box.width + 2, 3);
    const Image enlarged = resize(pixels, pixels.width * k, pixels.height * k);
    paste(photo, crop(enlarged, k, k, box.width * k, k), region.face.x, region.face.y + row * k);
  }
}

}  // namespace bauta
