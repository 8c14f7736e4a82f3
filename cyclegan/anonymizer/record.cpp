#include "cyclegan/anonymizer/record.h"

#include <algorithm>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "io/file_error.h"
#include "io/hexadecimal.h"
#include "io/input_file.h"
#include "io/photograph.h"

namespace bauta {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

constexpr int kVersion = 1;
constexpr std::uint64_t kMostRecordBytes = 16 << 20;
// A crop may stick out of its picture by its own side, which is no more than a few times the picture's.
constexpr std::int64_t kLargestCoordinate = 4 * kMaxPixels;

// What is wrong with a record, on its way to where its path is known.
struct Rejection {
  std::string reason;
};

const json& member(const json& object, const char* key) {
  if (!object.is_object() || !object.contains(key)) throw Rejection{std::string("it lacks \"") + key + "\""};
  return object.at(key);
}

int int_at(const json& object, const char* key, std::int64_t low, std::int64_t high) {
  const json& value = member(object, key);
  // A number beyond 2^63 is unsigned, or a float: it is refused before it could turn negative.
  if (value.is_number_integer() &&
      !(value.is_number_unsigned() &&
        value.get<std::uint64_t>() > static_cast<std::uint64_t>(kLargestCoordinate))) {
    const auto number = value.get<std::int64_t>();
    if (number >= low && number <= high) return static_cast<int>(number);
  }
  throw Rejection{std::string("its \"") + key + "\" is out of range"};
}

ImageSize picture_size(const json& document) {
  const json& size = member(document, "picture");
  return {int_at(size, "width", 1, kMaxPixels), int_at(size, "height", 1, kMaxPixels)};
}

bool is_inside(const Box& inner, const Box& outer) { return intersection(inner, outer) == inner; }

// The crop, its grid and the face on it, as region.h promises.
void read_crop(const json& object, const AnonymizationRecord& record, Region& region) {
  const json& crop = member(object, "crop");
  const int side = int_at(crop, "side", 1, kLargestCoordinate);
  region.crop = {int_at(crop, "x", -kLargestCoordinate, kLargestCoordinate),
                 int_at(crop, "y", -kLargestCoordinate, kLargestCoordinate), side, side};
  const Box& face = region.face;
  const int k = region.k;
  if (std::int64_t{k} * record.network_size != side)
    throw Rejection{"a crop is not \"k\" times the network's size"};
  if (!is_inside(face, region.crop)) throw Rejection{"a face leaves its crop"};
  const auto on_grid = [k](int face_start, int face_side, int crop_start, int picture_side) {
    return (face_start - crop_start) % k == 0 &&
           (face_side % k == 0 || face_start + face_side == picture_side);
  };
  if (region.block % k != 0 || !on_grid(face.x, face.width, region.crop.x, record.picture.width) ||
      !on_grid(face.y, face.height, region.crop.y, record.picture.height))
    throw Rejection{"a face or its mosaic does not fit the grid of \"k\" pixels"};
}

Box face_from(const json& object, const ImageSize& picture) {
  const auto [width, height] = picture;
  const Box face{int_at(object, "x", 0, width - 1), int_at(object, "y", 0, height - 1),
                 int_at(object, "width", 1, width), int_at(object, "height", 1, height)};
  if (!is_inside(face, {0, 0, width, height})) throw Rejection{"a face leaves the picture"};
  return face;
}

Region region_from(const json& object, const AnonymizationRecord& record) {
  Region region;
  region.face = face_from(object, record.picture);
  region.k = int_at(object, "k", 1, kMaxPixels);
  region.block = int_at(object, "block", 1, kLargestCoordinate);
  const json& restorable = member(object, "restorable");
  if (!restorable.is_boolean()) throw Rejection{"its \"restorable\" is neither true nor false"};
  region.restorable = restorable.get<bool>();
  if (record.mode == AnonymizationMode::Open) {
    read_crop(object, record, region);
  } else {
    region.crop = region.face;
    if (region.restorable || region.k != 1) throw Rejection{"a one-way region claims to be restorable"};
  }
  return region;
}

WrappedKey wrapped_key_from(const json& value) {
  WrappedKey key{};
  const std::string text = value.is_string() ? value.get<std::string>() : "";
  if (!take_hexadecimal(text, key)) throw Rejection{"a wrapped key is damaged"};
  return key;
}

KeyedRegion keyed_region_from(const json& object, const ImageSize& picture) {
  KeyedRegion region{face_from(object, picture),
                     int_at(object, "block", 1, kLargestCoordinate),
                     int_at(object, "k", kSmallestResidual, kLargestResidual),
                     {}};
  if (!object.contains("wrapped_keys")) return region;
  const json& keys = object.at("wrapped_keys");
  if (!keys.is_array() || keys.size() > kMostRecipients)
    throw Rejection{"its \"wrapped_keys\" are no list, or too many"};
  for (const json& key : keys) region.wrapped_keys.push_back(wrapped_key_from(key));
  return region;
}

// So that no pixel is restored twice, whatever the record says.
void add_keyed_region(AnonymizationRecord& record, KeyedRegion region) {
  for (const KeyedRegion& other : record.keyed_regions)
    if (intersection(region.box, other.box).area() > 0) throw Rejection{"two keyed faces overlap"};
  record.keyed_regions.push_back(std::move(region));
}

AnonymizationMode mode_from(const json& document) {
  const json& mode = member(document, "mode");
  for (const auto known : {AnonymizationMode::Open, AnonymizationMode::OneWay, AnonymizationMode::Keyed})
    if (mode == to_string(known)) return known;
  throw Rejection{"its \"mode\" is unknown"};
}

AnonymizationRecord record_from(const json& document) {
  int_at(document, "version", kVersion, kVersion);
  AnonymizationRecord record;
  record.mode = mode_from(document);
  record.picture = picture_size(document);
  if (record.mode == AnonymizationMode::Open) {
    record.network_size = int_at(document, "network_size", kSmallestNetworkSize, kLargestNetworkSize);
    if (!is_network_size(record.network_size)) throw Rejection{"no network has its \"network_size\""};
  }
  const json& regions = member(document, "regions");
  if (!regions.is_array()) throw Rejection{"its \"regions\" are no list"};
  if (regions.size() > kMostRegions)
    throw Rejection{"it has more than " + std::to_string(kMostRegions) + " regions"};
  for (const json& region : regions) {
    if (record.mode == AnonymizationMode::Keyed)
      add_keyed_region(record, keyed_region_from(region, record.picture));
    else
      record.regions.push_back(region_from(region, record));
  }
  return record;
}

AnonymizationRecord checked_record(const std::filesystem::path& path, const json& document) {
  try {
    return record_from(document);
  } catch (const Rejection& rejection) {
    throw FileError(path, "its regions cannot be used (" + rejection.reason + ")",
                    "take the picture as bauta deid wrote it");
  }
}

// What is no JSON becomes a discarded value, in which nothing is found.
json parsed(const std::string& text) { return json::parse(text, nullptr, /*allow_exceptions=*/false); }

// Whether it could be a record at all, whole or damaged, and not somebody else's JSON.
bool is_meant_as_record(const json& document) {
  return !document.is_object() || (document.contains("mode") && document.contains("regions"));
}

// The text as its JSON and where it stands; nothing if there is no record.
std::optional<std::pair<std::filesystem::path, json>> find_document(const std::filesystem::path& picture) {
  if (const auto text = find_picture_text(picture, kRecordKeyword)) return {{picture, parsed(*text)}};
  // A JPEG of that name is more likely the original that a PNG beside was made from.
  if (format_of(picture) == PictureFormat::Jpeg) return {};
  const std::filesystem::path beside = record_path(picture);
  std::error_code error;
  if (!std::filesystem::is_regular_file(beside, error)) return {};
  json document = parsed(read_file(beside, kMostRecordBytes));
  if (!is_meant_as_record(document)) return {};
  return {{beside, std::move(document)}};
}

}  // namespace

std::string to_string(AnonymizationMode mode) {
  switch (mode) {
    case AnonymizationMode::Open:
      return "open";
    case AnonymizationMode::OneWay:
      return "one-way";
    case AnonymizationMode::Keyed:
      return "keyed";
  }
  throw std::invalid_argument("to_string: no such mode");
}

std::vector<Box> boxes_of(const AnonymizationRecord& record) {
  std::vector<Box> boxes;
  for (const Region& region : record.regions) boxes.push_back(region.face);
  for (const KeyedRegion& region : record.keyed_regions) boxes.push_back(region.box);
  return boxes;
}

std::string to_json(const AnonymizationRecord& record) {
  ordered_json document = {{"version", kVersion},
                           {"mode", to_string(record.mode)},
                           {"picture", {{"width", record.picture.width}, {"height", record.picture.height}}}};
  if (record.mode == AnonymizationMode::Open) document["network_size"] = record.network_size;
  document["regions"] = ordered_json::array();
  for (const Region& region : record.regions) {
    ordered_json object = {{"x", region.face.x},         {"y", region.face.y},
                           {"width", region.face.width}, {"height", region.face.height},
                           {"block", region.block},      {"k", region.k}};
    if (record.mode == AnonymizationMode::Open)
      object["crop"] = {{"x", region.crop.x}, {"y", region.crop.y}, {"side", region.crop.width}};
    object["restorable"] = region.restorable;
    document["regions"].push_back(std::move(object));
  }
  for (const KeyedRegion& region : record.keyed_regions) {
    ordered_json object = {{"x", region.box.x},         {"y", region.box.y},
                           {"width", region.box.width}, {"height", region.box.height},
                           {"block", region.block},     {"k", region.k}};
    for (const WrappedKey& key : region.wrapped_keys) object["wrapped_keys"].push_back(hexadecimal(key));
    document["regions"].push_back(std::move(object));
  }
  return document.dump();
}

AnonymizationRecord parse_record(const std::filesystem::path& path, const std::string& text) {
  return checked_record(path, parsed(text));
}

std::filesystem::path record_path(const std::filesystem::path& picture) {
  return std::filesystem::path(picture).replace_extension(".json");
}

std::optional<AnonymizationRecord> find_record(const std::filesystem::path& picture, ImageSize size) {
  const auto found = find_document(picture);
  if (!found) return {};
  AnonymizationRecord record = checked_record(found->first, found->second);
  require_recorded_size(picture, record, size);
  return record;
}

void require_recorded_size(const std::filesystem::path& picture, const AnonymizationRecord& record,
                           ImageSize size) {
  if (record.picture == size) return;
  throw FileError(picture,
                  "has " + std::to_string(size.width) + " x " + std::to_string(size.height) +
                      " pixels, but its regions are for " + std::to_string(record.picture.width) + " x " +
                      std::to_string(record.picture.height),
                  "take the picture as bauta deid wrote it, not resized or cut");
}

}  // namespace bauta
