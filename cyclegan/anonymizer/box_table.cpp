#include "cyclegan/anonymizer/box_table.h"

#include <array>
#include <charconv>
#include <cmath>
#include <optional>

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

BoxTable::BoxTable(const std::filesystem::path& path) : table_(path, kColumns) {
  for (const PhotoTable::Entry& entry : table_.entries()) {
    std::vector<Box>& of_photo = boxes_.emplace_back();
    for (const auto& [number, fields] : entry.lines) {
      std::array<int, 4> box{};
      bool empty = false;
      for (std::size_t i = 0; i < box.size(); ++i) {
        empty = empty || fields[i].empty();
        const auto value = pixels(fields[i]);
        if (!value && !fields[i].empty())
          table_.reject(number, "has \"" + fields[i] + "\" in column " + kColumns[i]);
        box[i] = value.value_or(0);
      }
      if (!empty && box[2] > 0 && box[3] > 0) of_photo.push_back({box[0], box[1], box[2], box[3]});
    }
  }
}

BoxTable::Found BoxTable::find(const std::filesystem::path& photo) const {
  const auto [entry, why_none] = table_.find(photo, "--boxes");
  if (!why_none.empty()) return {{}, why_none};
  if (boxes_[entry].empty()) return {{}, "--boxes has no face for it"};
  return {boxes_[entry], ""};
}

}  // namespace bauta
