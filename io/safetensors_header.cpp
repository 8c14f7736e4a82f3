#include <algorithm>
#include <array>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string_view>

#include "io/file_error.h"
#include "io/input_file.h"
#include "io/safetensors.h"

namespace bauta {
namespace {

using nlohmann::json;

constexpr std::size_t kLengthBytes = 8;
// Header, tensor, list of numbers: nothing in the format is deeper.
constexpr int kMaxDepth = 3;

struct Dtype {
  std::string_view name;
  std::uint64_t bytes;
};
constexpr std::array<Dtype, 15> kDtypes = {{{"F64", 8},
                                            {"F32", 4},
                                            {"F16", 2},
                                            {"BF16", 2},
                                            {"I64", 8},
                                            {"I32", 4},
                                            {"I16", 2},
                                            {"I8", 1},
                                            {"U64", 8},
                                            {"U32", 4},
                                            {"U16", 2},
                                            {"U8", 1},
                                            {"BOOL", 1},
                                            {"F8_E4M3", 1},
                                            {"F8_E5M2", 1}}};

// What is wrong with a file, on its way to where the path is known.
struct Rejection {
  std::string reason;
};

[[noreturn]] void reject(std::string reason) { throw Rejection{std::move(reason)}; }

// Parses with a limit on depth and refuses a name that comes twice in one object, of which nlohmann::json
// would silently keep the last.
json parse_strictly(const std::string& text) {
  std::array<std::set<std::string>, kMaxDepth + 1> names;
  const auto watch = [&names](int depth, json::parse_event_t event, json& value) {
    const bool opens =
        event == json::parse_event_t::object_start || event == json::parse_event_t::array_start;
    if (opens && depth >= kMaxDepth) reject("its header is nested too deep");
    const auto level = static_cast<std::size_t>(depth);
    if (event == json::parse_event_t::object_start) names[level + 1].clear();
    if (event == json::parse_event_t::key && !names[level].insert(value.get<std::string>()).second) {
      reject("its header has a name twice");
    }
    return true;
  };
  json header = json::parse(text, watch, /*allow_exceptions=*/false);
  if (!header.is_object()) reject("its header is no JSON object");
  return header;
}

// A JSON number that is a whole number from 0 to 2^63 - 1.
std::int64_t whole_number(const json& value, const std::string& what) {
  if (!value.is_number_unsigned() ||
      value.get<std::uint64_t>() > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
    reject(what + " is no whole number");
  }
  return value.get<std::int64_t>();
}

const json& member(const json& object, const char* key, const std::string& where) {
  const auto found = object.find(key);
  if (found == object.end()) reject(where + " has no " + key);
  return *found;
}

std::uint64_t dtype_bytes(const std::string& dtype, const std::string& where) {
  const auto found =
      std::find_if(kDtypes.begin(), kDtypes.end(), [&](const Dtype& known) { return known.name == dtype; });
  if (found == kDtypes.end()) reject(where + " has a type that is not known");
  return found->bytes;
}

// Elements of a tensor; refuses more than `limit`, so that no product overflows. A dimension of 0 may stand
// among large ones.
std::int64_t element_count(const std::vector<std::int64_t>& shape, std::uint64_t limit,
                           const std::string& where) {
  if (std::find(shape.begin(), shape.end(), 0) != shape.end()) return 0;
  std::uint64_t count = 1;
  for (const std::int64_t side : shape) {
    if (static_cast<std::uint64_t>(side) > limit / count) reject(where + " is larger than the file");
    count *= static_cast<std::uint64_t>(side);
  }
  return static_cast<std::int64_t>(count);
}

TensorInfo read_info(const std::string& name, const json& entry, std::uint64_t data_begin,
                     std::uint64_t data_bytes) {
  const std::string where = "its tensor " + name;
  if (!entry.is_object()) reject(where + " is described by no JSON object");
  TensorInfo info;
  info.name = name;
  const json& dtype = member(entry, "dtype", where);
  if (!dtype.is_string()) reject(where + " has a type that is not known");
  info.dtype = dtype.get<std::string>();
  const json& shape = member(entry, "shape", where);
  if (!shape.is_array() || shape.size() > kMaxTensorRank) reject(where + " has no proper shape");
  for (const json& side : shape) info.shape.push_back(whole_number(side, where + "'s shape"));
  const json& offsets = member(entry, "data_offsets", where);
  if (!offsets.is_array() || offsets.size() != 2) reject(where + " has no proper data_offsets");
  const auto begin = static_cast<std::uint64_t>(whole_number(offsets[0], where + "'s offset"));
  const auto end = static_cast<std::uint64_t>(whole_number(offsets[1], where + "'s offset"));
  if (begin > end || end > data_bytes) reject(where + " lies outside the file");
  const std::uint64_t element_bytes = dtype_bytes(info.dtype, where);
  info.count = element_count(info.shape, data_bytes / element_bytes, where);
  if (static_cast<std::uint64_t>(info.count) * element_bytes != end - begin) {
    reject(where + " has more or fewer bytes than its shape needs");
  }
  info.begin = data_begin + begin;
  info.end = data_begin + end;
  return info;
}

std::map<std::string, std::string> read_metadata(const json& entry) {
  if (!entry.is_object()) reject("its __metadata__ is no JSON object");
  std::map<std::string, std::string> metadata;
  for (const auto& [key, value] : entry.items()) {
    if (!value.is_string()) reject("its __metadata__ holds something that is no text");
    metadata[key] = value.get<std::string>();
  }
  return metadata;
}

SafetensorsHeader read_header(const ByteSource& file) {
  if (file.size() < kLengthBytes + 2) reject("it is too short");
  std::array<unsigned char, kLengthBytes> length_bytes{};
  file.read_at(0, std::as_writable_bytes(std::span(length_bytes)));
  std::uint64_t length = 0;
  for (std::size_t i = kLengthBytes; i-- > 0;) length = length << 8 | length_bytes[i];
  if (length > file.size() - kLengthBytes) reject("its header is longer than the file");
  if (length > kMaxSafetensorsHeaderBytes) reject("its header is too long");
  std::string text(static_cast<std::size_t>(length), '\0');
  file.read_at(kLengthBytes, std::as_writable_bytes(std::span(text)));
  if (!text.starts_with('{')) reject("its header is no JSON object");

  SafetensorsHeader header;
  const std::uint64_t data_begin = kLengthBytes + length;
  const json document = parse_strictly(text);
  for (const auto& [name, entry] : document.items()) {
    if (name == "__metadata__") {
      header.metadata = read_metadata(entry);
    } else {
      header.tensors.push_back(read_info(name, entry, data_begin, file.size() - data_begin));
    }
  }
  std::stable_sort(header.tensors.begin(), header.tensors.end(),
                   [](const TensorInfo& a, const TensorInfo& b) {
                     return a.begin != b.begin ? a.begin < b.begin : a.end < b.end;
                   });
  std::uint64_t position = data_begin;
  for (const TensorInfo& info : header.tensors) {
    if (info.begin < position) reject("its tensor " + info.name + " overlaps another");
    if (info.begin > position) reject("it has bytes before its tensor " + info.name + " that belong to none");
    position = info.end;
  }
  if (position != file.size()) reject("it has bytes at its end that belong to no tensor");
  return header;
}

}  // namespace

SafetensorsHeader read_safetensors_header(const std::filesystem::path& path) {
  return read_safetensors_header(InputFile(path));
}

SafetensorsHeader read_safetensors_header(const ByteSource& file) {
  try {
    return read_header(file);
  } catch (const Rejection& rejection) {
    throw FileError(file.path(), "is no proper safetensors file (" + rejection.reason + ")",
                    "fetch or write it again, or name another file");
  }
}

}  // namespace bauta
