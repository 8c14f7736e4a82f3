#include "cyclegan/video/region_lines.h"

#include <array>
#include <nlohmann/json.hpp>

#include "cyclegan/anonymizer/record.h"
#include "io/file_error.h"

namespace bauta {
namespace {

using nlohmann::json;

constexpr std::size_t kLongestLine = kMostRegions * 64;

bool fits(const KeyedRegion& region, ImageSize picture) {
  const Box& box = region.box;
  return box.x >= 0 && box.y >= 0 && box.width > 0 && box.height > 0 && box.width <= picture.width - box.x &&
         box.height <= picture.height - box.y && region.block > 0 && region.k >= kSmallestResidual &&
         region.k <= kLargestResidual;
}

}  // namespace

std::string first_line(ImageSize picture) {
  const nlohmann::ordered_json line{{"bauta", "video"},
                                    {"version", 1},
                                    {"mode", "keyed"},
                                    {"picture", {{"width", picture.width}, {"height", picture.height}}}};
  return line.dump() + "\n";
}

std::string frame_line(const std::vector<KeyedRegion>& regions) {
  json line = json::array();
  for (const KeyedRegion& region : regions)
    line.push_back({region.box.x, region.box.y, region.box.width, region.box.height, region.block, region.k});
  return line.dump() + "\n";
}

std::string last_line(std::int64_t frames) { return json{{"frames", frames}}.dump() + "\n"; }

RegionLines::RegionLines(int descriptor, const std::filesystem::path& path, ImageSize picture)
    : from_(descriptor, path), picture_(picture) {
  const json first = json::parse(line(), nullptr, false);
  if (first != json::parse(first_line(picture)))
    fail("is not of a keyed video of this size, or of a later bauta's");
}

void RegionLines::fail(const std::string& what) const {
  throw FileError(from_.path(), "its record of regions " + what, "take the video as bauta wrote it");
}

std::string RegionLines::line() {
  std::string text;
  for (int byte = from_.get(); byte != '\n'; byte = from_.get()) {
    if (byte < 0) fail("ends too early");
    if (text.size() >= kLongestLine) fail("has a line that is too long");
    text += static_cast<char>(byte);
  }
  return text;
}

std::vector<KeyedRegion> RegionLines::next() {
  const std::string number = std::to_string(frames_);
  const json read = json::parse(line(), nullptr, false);
  if (!read.is_array() || read.size() > kMostRegions) fail("has none for frame " + number);
  std::vector<KeyedRegion> regions;
  for (const json& entry : read) {
    std::array<int, 6> values{};
    if (!entry.is_array() || entry.size() != values.size()) fail("is damaged at frame " + number);
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (!entry[i].is_number_unsigned() || entry[i].get<std::uint64_t>() > kMaxPixels)
        fail("is damaged at frame " + number);
      values[i] = entry[i].get<int>();
    }
    const KeyedRegion region{{values[0], values[1], values[2], values[3]}, values[4], values[5], {}};
    if (!fits(region, picture_)) fail("has a region outside of frame " + number);
    regions.push_back(region);
  }
  ++frames_;
  return regions;
}

void RegionLines::finish() {
  const json last = json::parse(line(), nullptr, false);
  if (last != json{{"frames", frames_}}) fail("is of another number of frames");
}

}  // namespace bauta
