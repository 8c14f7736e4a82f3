#include "io/photo_table.h"

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <map>
#include <span>
#include <string_view>

#include "io/file_error.h"
#include "io/input_file.h"

namespace bauta {
namespace {

constexpr std::uint64_t kMostBytes = std::uint64_t{256} << 20;

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

std::string last_component(const std::filesystem::path& path) { return path.filename().string(); }

// Whether the last components of `whole` are those of `end`.
bool ends_with(const std::filesystem::path& whole, const std::filesystem::path& end) {
  const auto length = std::distance(end.begin(), end.end());
  const auto all = std::distance(whole.begin(), whole.end());
  return length <= all && std::equal(end.begin(), end.end(), std::next(whole.begin(), all - length));
}

}  // namespace

PhotoTable::PhotoTable(const std::filesystem::path& file, std::vector<std::string> columns, std::string key)
    : file_(file), columns_(std::move(columns)), key_(std::move(key)) {
  const std::string text = read_file(file, kMostBytes);
  const auto lines = lines_of(text);
  if (lines.empty()) reject(1, "is missing");

  const std::vector<std::string_view> names = split(lines.front().second);
  const auto place_of = [&](const std::string& column) {
    const auto found = std::find(names.begin(), names.end(), column);
    if (found == names.end()) reject(lines.front().first, "names no column " + column);
    return static_cast<std::size_t>(found - names.begin());
  };
  const std::size_t path_place = place_of(key_);
  std::vector<std::size_t> places;
  for (const std::string& column : columns_) places.push_back(place_of(column));

  std::map<std::filesystem::path, std::vector<Line>> of_path;
  for (const auto& [number, line] : std::span(lines).subspan(1)) {
    std::vector<std::string_view> fields = split(line);
    if (fields.size() > names.size()) reject(number, "has more columns than the header");
    fields.resize(names.size());
    if (fields[path_place].empty()) reject(number, "has no " + key_);
    Line read{number, {}};
    for (std::size_t place : places) read.fields.emplace_back(fields[place]);
    of_path[std::filesystem::path(fields[path_place]).lexically_normal()].push_back(std::move(read));
  }
  for (auto& [path, about] : of_path) entries_.push_back({path, std::move(about)});
  std::ranges::stable_sort(entries_, {}, [](const Entry& entry) { return last_component(entry.path); });
}

std::vector<std::size_t> PhotoTable::matching(const std::filesystem::path& photo) const {
  const std::filesystem::path whole = std::filesystem::absolute(photo).lexically_normal();
  const auto named_alike = std::ranges::equal_range(
      entries_, last_component(whole), {}, [](const Entry& entry) { return last_component(entry.path); });
  std::vector<std::size_t> places;
  for (const Entry& entry : named_alike)
    if (ends_with(whole, entry.path)) places.push_back(static_cast<std::size_t>(&entry - entries_.data()));
  return places;
}

PhotoTable::Found PhotoTable::find(const std::filesystem::path& photo, const std::string& called) const {
  const std::vector<std::size_t> places = matching(photo);
  if (places.empty()) return {0, called + " has no line for it"};
  if (places.size() > 1)
    return {0, "both " + entries_[places[0]].path.string() + " and " + entries_[places[1]].path.string() +
                   " of " + called + " could be it"};
  return {places.front(), ""};
}

PhotoTable::Unmatched PhotoTable::unmatched(const std::vector<std::filesystem::path>& photos) const {
  std::vector<bool> matched(entries_.size());
  for (const std::filesystem::path& photo : photos)
    for (const std::size_t place : matching(photo)) matched[place] = true;
  Unmatched none;
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    if (matched[i]) continue;
    const Entry& entry = entries_[i];
    if (none.lines == 0 || entry.lines.front().number < none.first_line) {
      none.first_line = entry.lines.front().number;
      none.first_path = entry.path;
    }
    none.lines += entry.lines.size();
  }
  return none;
}

void PhotoTable::reject(int line, const std::string& what) const {
  std::string columns = key_;
  for (const std::string& column : columns_) columns += ", " + column;
  throw FileError(file_, "line " + std::to_string(line) + " " + what,
                  "write a header line and tab-separated columns " + columns);
}

}  // namespace bauta
