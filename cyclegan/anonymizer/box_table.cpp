#include "cyclegan/anonymizer/box_table.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace bauta {
namespace {

constexpr double kLargestCoordinate = 1e9;
const std::vector<std::string> kColumns{"bx", "by", "bw", "bh"};

std::optional<int> pixels(const std::string& field) {
  double value = 0;
  const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), value);
  if (error != std::errc() || end != field.data() + field.size() || !(std::abs(value) <= kLargestCoordinate))
    return {};
  return static_cast<int>(std::lround(value));
}

}  // namespace

const std::vector<std::string>& box_columns() { return kColumns; }

std::optional<Box> box_of(const PhotoTable& table, const PhotoTable::Line& line) {
  if (std::ranges::all_of(line.fields, &std::string::empty)) return {};
  std::array<int, 4> box{};
  for (std::size_t i = 0; i < box.size(); ++i) {
    const std::string& field = line.fields[i];
    // A face left out by half a line would stay open.
    if (field.empty()) table.reject(line.number, "has nothing in column " + kColumns[i]);
    const auto value = pixels(field);
    if (!value) table.reject(line.number, "has \"" + field + "\" in column " + kColumns[i]);
    box[i] = *value;
  }
  if (box == std::array<int, 4>{}) return {};
  if (box[2] < 1 || box[3] < 1) table.reject(line.number, "has a box that is not a pixel wide or high");
  return Box{box[0], box[1], box[2], box[3]};
}

BoxTable::BoxTable(const std::filesystem::path& path) : table_(path, kColumns) {
  for (const PhotoTable::Entry& entry : table_.entries()) {
    std::vector<Box>& of_photo = boxes_.emplace_back();
    for (const PhotoTable::Line& line : entry.lines)
      if (const auto box = box_of(table_, line)) of_photo.push_back(*box);
  }
}

BoxTable::Found BoxTable::find(const std::filesystem::path& photo) const {
  const auto [entry, why_none] = table_.find(photo, "--boxes");
  if (!why_none.empty()) return {{}, why_none};
  if (boxes_[entry].empty()) return {{}, "--boxes has no face for it"};
  return {boxes_[entry], ""};
}

}  // namespace bauta
