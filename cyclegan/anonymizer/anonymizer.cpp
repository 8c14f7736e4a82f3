#include "cyclegan/anonymizer/anonymizer.h"

#include <algorithm>
#include <ranges>

#include "cyclegan/anonymizer/checks.h"

namespace bauta {
namespace {

constexpr int kSmallestBlock = 2;  // pixels; a block of one hides nothing

// Those of which something is in the photograph.
std::vector<Box> visible_parts(const Image& photo, const std::vector<Box>& faces) {
  std::vector<Box> visible;
  for (const Box& face : faces) {
    const Box part = intersection(face, {0, 0, photo.width, photo.height});
    if (part.area() > 0) visible.push_back(part);
  }
  return visible;
}

}  // namespace

std::vector<Region> deidentify(Image& photo, const std::vector<Box>& faces, const FaceNetwork& G,
                               int network_size, int blocks) {
  std::vector<Region> regions;
  for (const Box& face : visible_parts(photo, faces)) {
    Region region = plan_region({photo.width, photo.height}, face, network_size, blocks);
    const Image seen = network_picture(photo, region);
    const MosaicBox box = network_box(region);
    Image written = photo;
    paste_repeated(written, G(seen, box), region);
    if (!check_face(photo, written, region.face, region.block).face_hidden()) {
      region.restorable = false;
      paste_repeated(written, mosaic(seen, {box.x, box.y, box.width, box.height}, box.block), region);
    }
    photo = std::move(written);
    regions.push_back(region);
  }
  return regions;
}

std::vector<Region> pixelate(Image& photo, const std::vector<Box>& faces, int blocks) {
  std::vector<Region> regions;
  for (const Box& face : visible_parts(photo, faces)) {
    const int block = std::max(kSmallestBlock, mosaic_block(face, blocks));
    photo = mosaic(photo, face, block);
    regions.push_back({face, 1, face, block, false});
  }
  return regions;
}

void reidentify(Image& photo, const std::vector<Region>& regions, const FaceNetwork& F) {
  for (const Region& region : regions | std::views::reverse) {
    if (!region.restorable) continue;
    paste_smooth(photo, F(written_network_picture(photo, region), network_box(region)), region);
  }
}

}  // namespace bauta
