#include "cyclegan/video/frame_boxes.h"

#include <charconv>
#include <optional>

#include "cyclegan/anonymizer/box_table.h"

namespace bauta {
namespace {

std::optional<std::int64_t> frame_number(const std::string& text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < 0) return {};
  return value;
}

}  // namespace

FrameBoxes::FrameBoxes(const std::filesystem::path& path) {
  const PhotoTable table(path, box_columns(), "frame");
  for (const PhotoTable::Entry& entry : table.entries()) {
    const auto frame = frame_number(entry.path.string());
    for (const PhotoTable::Line& line : entry.lines) {
      if (!frame) table.reject(line.number, "has \"" + entry.path.string() + "\" in column frame");
      if (const auto box = box_of(table, line)) boxes_[*frame].push_back(*box);
    }
  }
}

std::vector<Box> FrameBoxes::of(std::int64_t frame) const {
  const auto found = boxes_.find(frame);
  return found == boxes_.end() ? std::vector<Box>() : found->second;
}

std::size_t FrameBoxes::from(std::int64_t frame) const {
  std::size_t count = 0;
  for (auto of = boxes_.lower_bound(frame); of != boxes_.end(); ++of) count += of->second.size();
  return count;
}

}  // namespace bauta
