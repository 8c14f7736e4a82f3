#include "apps/dry_run.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "io/dataset.h"
#include "io/file_error.h"

namespace bauta {
namespace {

constexpr int kLongestSide = 1280, kLineWidth = 3, kFrameWidth = 10;
using Colour = std::array<std::uint8_t, 3>;
constexpr Colour kRed{220, 30, 30}, kYellow{255, 220, 0};

void fill(Image& picture, const Box& box, const Colour& colour) {
  const Box inside = intersection(box, {0, 0, picture.width, picture.height});
  for (int y = inside.y; y < inside.y + inside.height; ++y)
    for (int x = inside.x; x < inside.x + inside.width; ++x) std::ranges::copy(colour, picture.at(x, y));
}

// Lines of that width inside the box.
void draw_frame(Image& picture, const Box& box, int width, const Colour& colour) {
  fill(picture, {box.x, box.y, box.width, width}, colour);
  fill(picture, {box.x, box.y + box.height - width, box.width, width}, colour);
  fill(picture, {box.x, box.y, width, box.height}, colour);
  fill(picture, {box.x + box.width - width, box.y, width, box.height}, colour);
}

}  // namespace

Image with_boxes(const Image& photo, const std::vector<Box>& faces) {
  const double factor =
      std::min(1.0, static_cast<double>(kLongestSide) / std::max(photo.width, photo.height));
  const auto scaled = [factor](int pixels) { return static_cast<int>(std::lround(pixels * factor)); };
  Image picture =
      factor < 1 ? resize(photo, std::max(1, scaled(photo.width)), std::max(1, scaled(photo.height))) : photo;
  for (const Box& face : faces)
    draw_frame(
        picture,
        {scaled(face.x), scaled(face.y), std::max(1, scaled(face.width)), std::max(1, scaled(face.height))},
        kLineWidth, kYellow);
  draw_frame(picture, {0, 0, picture.width, picture.height}, kFrameWidth, kRed);
  return picture;
}

void require_unmixed(const std::filesystem::path& folder, bool for_dry_run) {
  for (const auto& path : list_images({folder})) {
    const bool of_dry_run = path.filename().string().ends_with(kBoxesEnding);
    if (of_dry_run == for_dry_run) continue;
    throw FileError(
        path,
        of_dry_run ? "is of a dry run, it shows clear faces and must not lie among de-identified ones"
                   : "is no picture of a dry run, among which clear faces would lie",
        of_dry_run ? "delete it, or name another folder with --out" : "name another folder with --out");
  }
}

}  // namespace bauta
