#include "io/dataset.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <stdexcept>

#include "io/atomic_file.h"
#include "io/file_error.h"

namespace bauta {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

constexpr int kVersion = 1;
constexpr std::uint64_t kMaxJsonBytes = std::uint64_t{256} << 20;
// A coordinate in a picture of at most kMaxPixels, also of a crop that sticks out of it.
constexpr std::int64_t kMaxCoordinate = 4 * kMaxPixels;

// What is wrong with a dataset.json, on its way to where the path is known.
struct Rejection {
  std::string reason;
};

// A name becomes a path: it must not lead out of the folder.
bool is_plain_name(const std::string& name) {
  return !name.empty() && name != "." && name != ".." &&
         name.find_first_of(std::string_view("/\\\0", 3)) == name.npos;
}

bool is_utf8(const std::string& text) {
  try {
    return !json(text).dump().empty();
  } catch (const json::exception&) {
    return false;
  }
}

ordered_json to_json(const Box& box) {
  return {{"x", box.x}, {"y", box.y}, {"width", box.width}, {"height", box.height}};
}

const json& member(const json& object, const char* key) {
  if (!object.is_object() || !object.contains(key)) throw Rejection{std::string("it lacks \"") + key + "\""};
  return object.at(key);
}

template <typename Value>
Value checked(const json& value, bool right_type, const char* key) {
  if (!right_type) throw Rejection{std::string("its \"") + key + "\" is not of the right kind"};
  return value.get<Value>();
}

std::string text_at(const json& object, const char* key) {
  const json& value = member(object, key);
  return checked<std::string>(value, value.is_string(), key);
}

double number_in(const json& value, const char* key) {
  return checked<double>(value, value.is_number(), key);
}

int int_at(const json& object, const char* key, std::int64_t low) {
  const json& value = member(object, key);
  // A number beyond 2^63 is unsigned and turns negative here, or is a float: out of range either way.
  const bool fits = value.is_number_integer() &&
                    !(value.is_number_unsigned() && value.get<std::uint64_t>() > kMaxCoordinate) &&
                    value.get<std::int64_t>() >= low && value.get<std::int64_t>() <= kMaxCoordinate;
  return checked<int>(value, fits, key);
}

Box box_at(const json& object, const char* key) {
  const json& box = member(object, key);
  return {int_at(box, "x", -kMaxCoordinate), int_at(box, "y", -kMaxCoordinate), int_at(box, "width", 1),
          int_at(box, "height", 1)};
}

const json& array_at(const json& object, const char* key) {
  const json& value = member(object, key);
  if (!value.is_array()) throw Rejection{std::string("its \"") + key + "\" is no list"};
  return value;
}

DatasetEntry entry_from(const json& picture) {
  DatasetEntry entry;
  entry.name = text_at(picture, "name");
  if (!is_plain_name(entry.name)) throw Rejection{"a picture's name is no plain file name"};
  entry.source = text_at(picture, "source");
  entry.source_crop = box_at(picture, "source_crop");
  entry.source_face = box_at(picture, "source_face");
  entry.source_block = int_at(picture, "source_block", 0);
  entry.face = box_at(picture, "face");
  entry.block = int_at(picture, "block", 0);
  return entry;
}

Dataset dataset_from(const json& document) {
  if (int_at(document, "version", 1) != kVersion)
    throw Rejection{"it is of a later version than this program"};
  Dataset dataset;
  dataset.size = int_at(document, "size", 1);
  dataset.blocks = int_at(document, "blocks", 0);
  dataset.detector = text_at(document, "detector");
  const json& margin = array_at(document, "margin");
  if (margin.size() != 2) throw Rejection{"its \"margin\" is not two numbers"};
  dataset.margin_low = number_in(margin[0], "margin");
  dataset.margin_high = number_in(margin[1], "margin");
  std::set<std::string> names;
  for (const json& picture : array_at(document, "pictures")) {
    dataset.entries.push_back(entry_from(picture));
    if (!names.insert(dataset.entries.back().name).second) throw Rejection{"it has two pictures of one name"};
  }
  for (const json& photo : array_at(document, "skipped")) {
    dataset.skipped.push_back({text_at(photo, "source"), text_at(photo, "reason")});
  }
  return dataset;
}

void require_pictures(const Dataset& dataset, const std::filesystem::path& folder) {
  if (dataset.clear_files.empty() || dataset.mosaic_files.empty()) {
    throw FileError(folder,
                    dataset.clear_files.empty() ? "has no pictures in clear" : "has no pictures in mosaic",
                    "make it with bauta prepare, or put pictures of your own there");
  }
}

Dataset load_described(const std::filesystem::path& folder, const std::filesystem::path& description) {
  const json document =
      json::parse(read_file(description, kMaxJsonBytes), nullptr, /*allow_exceptions=*/false);
  Dataset dataset;
  try {
    dataset = dataset_from(document);
  } catch (const Rejection& rejection) {
    throw FileError(description, "is no proper dataset (" + rejection.reason + ")",
                    "run bauta prepare again");
  }
  for (const DatasetEntry& entry : dataset.entries) {
    dataset.clear_files.push_back(clear_path(folder, entry.name));
    dataset.mosaic_files.push_back(mosaic_path(folder, entry.name));
  }
  require_pictures(dataset, folder);
  for (const auto& files : {dataset.clear_files, dataset.mosaic_files}) {
    for (const std::filesystem::path& file : files) {
      if (std::filesystem::is_regular_file(file)) continue;
      throw FileError(file, "is missing, though dataset.json names it", "run bauta prepare again");
    }
  }
  return dataset;
}

Dataset load_undescribed(const std::filesystem::path& folder) {
  Dataset dataset;
  dataset.clear_files = list_images({folder / "clear"});
  dataset.mosaic_files = list_images({folder / "mosaic"});
  require_pictures(dataset, folder);
  dataset.size = read_stored_size(dataset.clear_files.front()).width;
  for (const auto& files : {dataset.clear_files, dataset.mosaic_files}) {
    for (const std::filesystem::path& file : files) {
      if (read_stored_size(file) == ImageSize{dataset.size, dataset.size}) continue;
      throw FileError(
          file, "is not " + std::to_string(dataset.size) + " x " + std::to_string(dataset.size) + " pixels",
          "make all pictures square and of one size");
    }
  }
  for (const std::filesystem::path& file : dataset.clear_files) {
    DatasetEntry entry;
    entry.name = file.stem().string();
    entry.source = file.string();
    dataset.entries.push_back(std::move(entry));
  }
  return dataset;
}

}  // namespace

FolderListing list_folder(const std::filesystem::path& folder) {
  FolderListing listing;
  std::error_code error;
  for (std::filesystem::directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    if (name.starts_with('.')) continue;
    std::error_code unreadable;
    if (entry->is_directory(unreadable))
      listing.others.push_back(name + "/");
    else if (is_image_path(entry->path()))
      listing.images.push_back(entry->path());
    else
      listing.others.push_back(name);
  }
  if (error) throw FileError(folder, "cannot be listed (" + error.message() + ")", "check its permissions");
  std::ranges::sort(listing.images);
  std::ranges::sort(listing.others);
  return listing;
}

bool is_picture_name(const std::string& name) { return is_plain_name(name) && is_utf8(name); }

std::filesystem::path clear_path(const std::filesystem::path& folder, const std::string& name) {
  return folder / "clear" / (name + ".png");
}

std::filesystem::path mosaic_path(const std::filesystem::path& folder, const std::string& name) {
  return folder / "mosaic" / (name + ".png");
}

void save_dataset(const std::filesystem::path& folder, const Dataset& dataset, bool overwrite) {
  ordered_json pictures = ordered_json::array();
  for (const DatasetEntry& entry : dataset.entries) {
    if (!is_picture_name(entry.name))
      throw std::invalid_argument("save_dataset: '" + entry.name + "' is no file name");
    if (!entry.source_crop || !entry.source_face || !entry.face) {
      throw std::invalid_argument("save_dataset: " + entry.name + " has no boxes");
    }
    pictures.push_back({{"name", entry.name},
                        {"source", entry.source},
                        {"source_crop", to_json(*entry.source_crop)},
                        {"source_face", to_json(*entry.source_face)},
                        {"source_block", entry.source_block},
                        {"face", to_json(*entry.face)},
                        {"block", entry.block}});
  }
  ordered_json skipped = ordered_json::array();
  for (const SkippedPhoto& photo : dataset.skipped) {
    skipped.push_back({{"source", photo.source}, {"reason", photo.reason}});
  }
  const ordered_json document = {{"version", kVersion},
                                 {"size", dataset.size},
                                 {"blocks", dataset.blocks},
                                 {"detector", dataset.detector},
                                 {"margin", ordered_json::array({dataset.margin_low, dataset.margin_high})},
                                 {"pictures", std::move(pictures)},
                                 {"skipped", std::move(skipped)}};
  // A photograph's path need not be UTF-8, JSON must: what is not becomes the replacement character.
  const std::string text = document.dump(1, ' ', false, ordered_json::error_handler_t::replace) + "\n";
  write_file_atomically(folder / "dataset.json", text, overwrite);
}

Dataset load_dataset(const std::filesystem::path& folder) {
  std::error_code error;
  if (!std::filesystem::is_directory(folder, error)) {
    throw FileError(folder, "is no folder", "name the folder that bauta prepare wrote");
  }
  const std::filesystem::path description = folder / "dataset.json";
  return std::filesystem::exists(description, error) ? load_described(folder, description)
                                                     : load_undescribed(folder);
}

std::vector<std::filesystem::path> list_images(const std::vector<std::filesystem::path>& inputs) {
  std::vector<std::filesystem::path> images;
  for (const std::filesystem::path& input : inputs) {
    std::error_code error;
    const std::filesystem::file_status status = std::filesystem::status(input, error);
    if (status.type() == std::filesystem::file_type::directory) {
      const std::vector<std::filesystem::path> found = list_folder(input).images;
      images.insert(images.end(), found.begin(), found.end());
    } else if (std::filesystem::exists(status)) {
      images.push_back(input);
    } else {
      throw FileError(input, "does not exist or cannot be reached", "check the path");
    }
  }
  return images;
}

}  // namespace bauta
