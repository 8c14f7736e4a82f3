#include "cyclegan/anonymizer/anonymizer.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <ranges>

#include "cyclegan/anonymizer/checks.h"

namespace bauta {
namespace {

constexpr std::uint8_t kFillLevel = 127;

// Those of which something is in the photograph.
std::vector<Box> visible_parts(const Image& photo, const std::vector<Box>& faces) {
  std::vector<Box> visible;
  for (const Box& face : faces) {
    const Box part = intersection(face, {0, 0, photo.width, photo.height});
    if (part.area() > 0) visible.push_back(part);
  }
  return visible;
}

bool overlap(const Box& a, const Box& b) { return intersection(a, b).area() > 0; }

// Gives the pixels of a block that later faces cover the mean of those that they leave, so that what is lost
// does not change what F takes for the block's colour. `seen` is the region's network picture.
void fill_covered(Image& seen, const Region& region, const std::vector<Box>& later_faces) {
  const MosaicBox box = network_box(region);
  const auto is_covered = [&](int x, int y) {
    const Box pixel{region.crop.x + x * region.k, region.crop.y + y * region.k, 1, 1};
    return std::ranges::any_of(later_faces, [&pixel](const Box& face) { return overlap(pixel, face); });
  };
  const auto for_block = [&box](int left, int top, const auto& action) {
    for (int y = top; y < std::min(top + box.block, box.y + box.height); ++y)
      for (int x = left; x < std::min(left + box.block, box.x + box.width); ++x) action(x, y);
  };
  for (int top = box.y; top < box.y + box.height; top += box.block) {
    for (int left = box.x; left < box.x + box.width; left += box.block) {
      std::array<std::int64_t, 3> sum{};
      std::int64_t count = 0;
      for_block(left, top, [&](int x, int y) {
        if (is_covered(x, y)) return;
        for (std::size_t c = 0; c < 3; ++c) sum[c] += seen.at(x, y)[c];
        ++count;
      });
      if (count == 0) continue;
      for_block(left, top, [&](int x, int y) {
        if (!is_covered(x, y)) return;
        for (std::size_t c = 0; c < 3; ++c)
          seen.at(x, y)[c] = static_cast<std::uint8_t>((sum[c] + count / 2) / count);
      });
    }
  }
}

}  // namespace

std::vector<Region> deidentify(Image& photo, const std::vector<Box>& faces, const FaceNetwork& G,
                               int network_size, int blocks) {
  std::vector<Region> regions;
  std::vector<Image> originals;  // of the faces alone: a photograph may be large
  for (const Box& face : visible_parts(photo, faces)) {
    regions.push_back(plan_region({photo.width, photo.height}, face, network_size, blocks));
    originals.push_back(crop(photo, regions.back().face));
  }
  for (std::size_t i = 0; i < regions.size(); ++i) {
    Region& region = regions[i];
    const Image& original = originals[i];
    // The face as it was, even where an earlier one has been replaced already; around it what F will see.
    paste(photo, original, region.face.x, region.face.y);
    const Image seen = network_picture(photo, region);
    const MosaicBox box = network_box(region);
    paste_repeated(photo, G(seen, box), region);
    const Box all{0, 0, original.width, original.height};
    if (!check_face(original, crop(photo, region.face), all, region.block).face_hidden()) {
      region.restorable = false;
      paste_repeated(photo, mosaic(seen, {box.x, box.y, box.width, box.height}, box.block), region);
    }
  }
  return regions;
}

std::vector<Region> pixelate(Image& photo, const std::vector<Box>& faces, int blocks, Cover cover) {
  std::vector<Region> regions;
  for (const Box& face : visible_parts(photo, faces)) {
    int block = std::max(kSmallestMosaicBlock, mosaic_block(face, blocks));
    if (cover == Cover::Fill) {
      block = std::max({kSmallestMosaicBlock, face.width, face.height});
      Image grey = blank_image(face.width, face.height);
      std::ranges::fill(grey.pixels, kFillLevel);
      paste(photo, grey, face.x, face.y);
    } else {
      const Image blocky = mosaic(crop(photo, face), {0, 0, face.width, face.height}, block);
      paste(photo, blocky, face.x, face.y);
    }
    regions.push_back({face, 1, face, block, false});
  }
  return regions;
}

void reidentify(Image& photo, const std::vector<Region>& regions, const FaceNetwork& F) {
  std::vector<Box> later_faces;
  for (const Region& region : regions | std::views::reverse) {
    if (region.restorable) {
      std::vector<Box> covering = later_faces;
      std::erase_if(covering, [&region](const Box& face) { return !overlap(face, region.face); });
      Image seen = written_network_picture(photo, region);
      std::vector<Image> kept;
      for (const Box& face : covering) kept.push_back(crop(photo, face));
      if (!covering.empty()) fill_covered(seen, region, covering);
      paste_smooth(photo, F(seen, network_box(region)), region);
      for (std::size_t i = 0; i < covering.size(); ++i) paste(photo, kept[i], covering[i].x, covering[i].y);
    }
    later_faces.push_back(region.face);
  }
}

}  // namespace bauta
