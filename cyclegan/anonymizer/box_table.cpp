#include "cyclegan/anonymizer/box_table.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <iterator>
#include <map>
#include <optional>
#include <span>
#include <string_view>

#include "io/file_error.h"
#include "io/input_file.h"

namespace bauta {
namespace {

constexpr std::uint64_t kMostBytes = std::uint64_t{256} << 20;
constexpr double kLargestCoordinate = 1e9;
constexpr std::array<std::string_view, 5> kColumns{"path", "bx", "by", "bw", "bh"};

// Cuts the next piece, up to `separator` or the end, off the text.
std::string_view take(std::string_view& text, char separator) {
  const std::size_t end = std::min(text.find(separator), text.size());
  const std::string_view piece = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return piece;
}

std::vector<std::string_view> split(std::string_view line) {
  std::vector<std::string_view> fields{take(line, '\t')};
  while (!line.empty()) fields.push_back(take(line, '\t'));
  return fields;
}

// The file's lines with their numbers, without line ends and without empty ones.
std::vector<std::pair<int, std::string_view>> lines_of(std::string_view text) {
  std::vector<std::pair<int, std::string_view>> lines;
  for (int number = 1; !text.empty(); ++number) {
    std::string_view line = take(text, '\n');
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (!line.empty()) lines.emplace_back(number, line);
  }
  return lines;
}

std::optional<int> pixels(std::string_view field) {
  double value = 0;
  const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), value);
  if (error != std::errc() || end != field.data() + field.size() || !(std::abs(value) <= kLargestCoordinate))
    return {};
  return static_cast<int>(std::lround(value));
}

std::string last_component(const std::filesystem::path& path) { return path.filename().string(); }

// Whether the last components of `whole` are those of `end`.
bool ends_with(const std::filesystem::path& whole, const std::filesystem::path& end) {
  const auto length = std::distance(end.begin(), end.end());
  const auto all = std::distance(whole.begin(), whole.end());
  return length <= all && std::equal(end.begin(), end.end(), std::next(whole.begin(), all - length));
}

}  // namespace

BoxTable BoxTable::load(const std::filesystem::path& path) {
  const auto reject = [&path](int line, const std::string& what) {
    throw FileError(path, "line " + std::to_string(line) + " " + what,
                    "write a header line and tab-separated columns path, bx, by, bw, bh");
  };
  const std::string text = read_file(path, kMostBytes);
  const auto lines = lines_of(text);
  if (lines.empty()) reject(1, "is missing");

  const std::vector<std::string_view> names = split(lines.front().second);
  std::array<std::size_t, kColumns.size()> place{};
  for (std::size_t i = 0; i < kColumns.size(); ++i) {
    const auto found = std::find(names.begin(), names.end(), kColumns[i]);
    if (found == names.end()) reject(lines.front().first, "names no column " + std::string(kColumns[i]));
    place[i] = static_cast<std::size_t>(found - names.begin());
  }

  std::map<std::filesystem::path, std::vector<Box>> boxes;
  for (const auto& [number, line] : std::span(lines).subspan(1)) {
    std::vector<std::string_view> fields = split(line);
    if (fields.size() > names.size()) reject(number, "has more columns than the header");
    fields.resize(names.size());
    const std::string_view name = fields[place[0]];
    if (name.empty()) reject(number, "has no path");
    std::vector<Box>& of_photo = boxes[std::filesystem::path(name).lexically_normal()];
    std::array<int, 4> box{};
    bool empty = false;
    for (std::size_t i = 0; i < box.size(); ++i) {
      const std::string_view field = fields[place[i + 1]];
      empty = empty || field.empty();
      const auto value = pixels(field);
      if (!value && !field.empty())
        reject(number, "has \"" + std::string(field) + "\" in column " + std::string(kColumns[i + 1]));
      box[i] = value.value_or(0);
    }
    if (!empty && box[2] > 0 && box[3] > 0) of_photo.push_back({box[0], box[1], box[2], box[3]});
  }

  BoxTable table;
  for (auto& [name, of_photo] : boxes) table.rows_.push_back({name, std::move(of_photo)});
  std::stable_sort(table.rows_.begin(), table.rows_.end(), [](const Row& a, const Row& b) {
    return last_component(a.path) < last_component(b.path);
  });
  return table;
}

BoxTable::Found BoxTable::find(const std::filesystem::path& photo) const {
  const std::filesystem::path whole = std::filesystem::absolute(photo).lexically_normal();
  const std::string name = last_component(whole);
  auto row = std::lower_bound(rows_.begin(), rows_.end(), name, [](const Row& a, const std::string& wanted) {
    return last_component(a.path) < wanted;
  });
  const Row* match = nullptr;
  for (; row != rows_.end() && last_component(row->path) == name; ++row) {
    if (!ends_with(whole, row->path)) continue;
    if (match)
      return {{}, "both " + match->path.string() + " and " + row->path.string() + " of --boxes could be it"};
    match = &*row;
  }
  if (!match) return {{}, "--boxes has no line for it"};
  if (match->boxes.empty()) return {{}, "--boxes has no face for it"};
  return {match->boxes, ""};
}

}  // namespace bauta
