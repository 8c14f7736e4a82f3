#include "cyclegan/video/region_lines.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <nlohmann/json.hpp>
#include <numeric>
#include <tuple>

#include "cyclegan/anonymizer/record.h"
#include "io/file_error.h"
#include "io/hexadecimal.h"

namespace bauta {
namespace {

using nlohmann::json;

constexpr std::size_t kLongestLine = kMostRegions * 64;
constexpr std::size_t kMarkDigits = 2 * sizeof(FrameMark);

bool fits(const KeyedRegion& region, ImageSize picture) {
  const Box& box = region.box;
  return box.x >= 0 && box.y >= 0 && box.width > 0 && box.height > 0 && box.width <= picture.width - box.x &&
         box.height <= picture.height - box.y && region.block > 0 && region.k >= kSmallestResidual &&
         region.k <= kLargestResidual;
}

std::optional<FrameMark> mark_from(const std::string& digits) {
  FrameMark mark = 0;
  const char* const end = digits.data() + digits.size();
  const auto [last, error] = std::from_chars(digits.data(), end, mark, 16);
  if (error != std::errc() || last != end || digits.size() != kMarkDigits) return {};
  return mark;
}

std::optional<std::string> bytes_of(const json& digits) {
  if (!digits.is_string()) return {};
  const auto& text = digits.get_ref<const std::string&>();
  std::string bytes(text.size() / 2, '\0');
  if (!take_hexadecimal(text, std::as_writable_bytes(std::span(bytes)))) return {};
  return bytes;
}

int side_in(const json& picture, const char* name) {
  const auto found = picture.find(name);
  if (found == picture.end() || !found->is_number_unsigned()) return 0;
  const auto side = found->get<std::uint64_t>();
  return side <= static_cast<std::uint64_t>(kMaxPixels) ? static_cast<int>(side) : 0;
}

json first_facts(ImageSize picture) {
  return {{"bauta", "video"},
          {"version", 2},
          {"mode", "keyed"},
          {"picture", {{"width", picture.width}, {"height", picture.height}}}};
}

}  // namespace

std::string first_line(ImageSize picture, const VideoLock& lock) {
  json line = first_facts(picture);
  line["opens"] = hexadecimal(lock.ways.bytes());
  line["own_key"] = lock.own_key;
  return line.dump() + "\n";
}

std::string frame_line(FrameMark mark, const std::vector<KeyedRegion>& regions) {
  std::array<char, kMarkDigits + 1> digits{};
  std::snprintf(digits.data(), digits.size(), "%016llx", static_cast<unsigned long long>(mark));
  json line = json::array({digits.data()});
  for (const KeyedRegion& region : regions)
    line.push_back({region.box.x, region.box.y, region.box.width, region.box.height, region.block, region.k});
  return line.dump() + "\n";
}

std::string last_line(std::int64_t frames) { return json{{"frames", frames}}.dump() + "\n"; }

RegionLines::RegionLines(int descriptor, const std::filesystem::path& path)
    : descriptor_(descriptor), path_(path) {
  ::lseek(descriptor, 0, SEEK_SET);
  DescriptorReader from(descriptor, path);
  std::uint64_t read = 0;
  const auto next_line = [&] {
    std::string text;
    for (int byte = from.get(); byte != '\n'; byte = from.get()) {
      if (byte < 0) fail("ends too early");
      if (text.size() >= kLongestLine) fail("has a line that is too long");
      text += static_cast<char>(byte);
    }
    read += text.size() + 1;
    return text;
  };
  take_first(next_line());
  for (;;) {
    begins_.push_back(read);
    const std::string text = next_line();
    if (text.starts_with('{')) {
      if (json::parse(text, nullptr, false) != json{{"frames", frames()}} || from.get() >= 0)
        fail("is of another number of frames");
      break;
    }
    const Line line = parse(text, frames());
    marks_.push_back(line.mark);
    if (marks_.size() > std::numeric_limits<std::uint32_t>::max()) fail("is of too many frames");
    frames_with_regions_ += line.regions.empty() ? 0 : 1;
    regions_ += static_cast<std::int64_t>(line.regions.size());
    for (const KeyedRegion& region : line.regions)
      if (std::ranges::find(residuals_, region.k) == residuals_.end()) residuals_.push_back(region.k);
  }
  by_mark_.resize(marks_.size());
  std::iota(by_mark_.begin(), by_mark_.end(), 0u);
  std::ranges::sort(by_mark_, {}, [this](std::uint32_t frame) { return std::tuple(marks_[frame], frame); });
}

void RegionLines::fail(const std::string& what) const {
  throw FileError(path_, "its record of regions " + what, "take the video as bauta wrote it");
}

void RegionLines::take_first(const std::string& text) {
  const json first = json::parse(text, nullptr, false);
  if (!first.is_object() || !first.contains("picture") || !first["picture"].is_object())
    fail("is none of a keyed video's");
  picture_ = {side_in(first["picture"], "width"), side_in(first["picture"], "height")};
  json rest = first;
  rest.erase("opens");
  rest.erase("own_key");
  if (rest != first_facts(picture_) || picture_.width < 1 || picture_.height < 1)
    fail("is none of a keyed video's, or of another bauta's");
  const auto ways = bytes_of(first.value("opens", json()));
  if (!ways || !first.value("own_key", json()).is_boolean()) fail("does not say who may open it");
  try {
    const MemorySource source(*ways);
    lock_ = {read_locked_header(source), first["own_key"].get<bool>()};
  } catch (const FileError&) {
    fail("does not say who may open it");
  }
}

RegionLines::Line RegionLines::parse(const std::string& text, std::int64_t frame) const {
  const auto damaged = [&] { fail("is damaged at frame " + std::to_string(frame)); };
  const json read = json::parse(text, nullptr, false);
  if (!read.is_array() || read.empty() || read.size() > kMostRegions + 1 || !read[0].is_string()) damaged();
  const auto mark = mark_from(read[0].get_ref<const std::string&>());
  if (!mark) damaged();
  Line line{*mark, {}};
  for (std::size_t at = 1; at < read.size(); ++at) {
    const json& entry = read[at];
    std::array<int, 6> values{};
    if (!entry.is_array() || entry.size() != values.size()) damaged();
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (!entry[i].is_number_unsigned() || entry[i].get<std::uint64_t>() > kMaxPixels) damaged();
      values[i] = entry[i].get<int>();
    }
    const KeyedRegion region{{values[0], values[1], values[2], values[3]}, values[4], values[5], {}};
    if (!fits(region, picture_)) fail("has a region outside of frame " + std::to_string(frame));
    line.regions.push_back(region);
  }
  return line;
}

std::optional<std::int64_t> RegionLines::find(FrameMark mark, std::int64_t from) const {
  const auto mark_of = [this](std::uint32_t frame) { return marks_[frame]; };
  const auto same = std::ranges::equal_range(by_mark_, mark, {}, mark_of);
  if (same.empty()) return {};
  const auto later = std::ranges::lower_bound(
      same, from, {}, [](std::uint32_t frame) { return static_cast<std::int64_t>(frame); });
  return later != same.end() ? *later : same.front();
}

std::vector<KeyedRegion> RegionLines::regions_of(std::int64_t frame) const {
  const auto number = static_cast<std::size_t>(frame);
  const std::uint64_t begin = begins_.at(number), end = begins_.at(number + 1) - 1;  // without its newline
  std::string text(end - begin, '\0');
  std::size_t done = 0;
  while (done < text.size()) {
    const ssize_t count =
        ::pread(descriptor_, text.data() + done, text.size() - done, static_cast<off_t>(begin + done));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) fail("cannot be read any more");
    done += static_cast<std::size_t>(count);
  }
  return parse(text, frame).regions;
}

}  // namespace bauta
