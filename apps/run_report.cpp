#include "apps/run_report.h"

#include <array>

#include "io/file_error.h"

namespace bauta {
namespace {

using nlohmann::ordered_json;

// boxes and scores: of each face; from blocks to likeness: of each region; between semicolons.
constexpr std::array kColumns{"input",    "output",    "mode",      "faces",     "boxes",    "scores",
                              "regions",  "blocks",    "fallbacks", "deviation", "distance", "kept_detail",
                              "likeness", "unchanged", "seconds",   "problems"};

bool is_csv(const std::filesystem::path& path) {
  const std::string ending = path.extension().string();
  if (ending == ".csv") return true;
  if (ending == ".json") return false;
  throw FileError(path, "tells no format by its ending", "call the report FILE.json or FILE.csv");
}

// RFC 4180.
std::string cell(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == text.npos) return text;
  std::string quoted(1, '"');
  for (const char c : text) {
    if (c == '"') quoted.push_back(c);
    quoted.push_back(c);
  }
  quoted.push_back('"');
  return quoted;
}

std::string text_of(const ordered_json& value) {
  if (value.is_null()) return "";
  return value.is_string() ? value.get<std::string>() : dumped(value);
}

std::string text_at(const ordered_json& object, const char* name) {
  return object.contains(name) ? text_of(object[name]) : "";
}

// One part for each of the list, between semicolons.
template <class Part>
std::string listed(const ordered_json& file, const char* name, const Part& part) {
  std::string text;
  if (!file.contains(name)) return text;
  for (std::size_t i = 0; i < file[name].size(); ++i) {
    if (i > 0) text.push_back(';');
    text += part(file[name][i]);
  }
  return text;
}

}  // namespace

std::string dumped(const ordered_json& json) {
  return json.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

RunReport::RunReport(const std::filesystem::path& path, bool overwrite)
    : file_(path, overwrite), csv_(is_csv(path)) {}

void RunReport::begin(const ordered_json& head) {
  head_ = head;
  if (csv_) {
    std::string line;
    for (const char* name : kColumns) line.append(line.empty() ? "" : ",").append(name);
    file_.write(line.append("\r\n"));
  } else {
    std::string text = dumped(head);
    text.pop_back();
    file_.write(text + ",\"files\":[");
  }
}

void RunReport::add(const ordered_json& file) {
  if (csv_) return add_csv(file);
  file_.write(first_ ? "\n" : ",\n");
  file_.write(dumped(file));
  first_ = false;
}

void RunReport::add_csv(const ordered_json& file) {
  const auto part = [](const char* name) {
    return [name](const ordered_json& object) { return text_at(object, name); };
  };
  const auto box = [](const ordered_json& of) {
    return text_at(of, "x") + " " + text_at(of, "y") + " " + text_at(of, "width") + " " +
           text_at(of, "height");
  };
  const std::array<std::string, kColumns.size()> cells{
      text_at(file, "input"),
      text_at(file, "output"),
      text_at(head_, "mode"),
      text_at(file, "faces"),
      listed(file, "boxes", box),
      listed(file, "boxes", part("score")),
      file.contains("regions") ? std::to_string(file["regions"].size()) : "",
      listed(file, "checks", part("block")),
      listed(file, "checks", part("fallback")),
      listed(file, "checks", part("deviation")),
      listed(file, "checks", part("distance")),
      listed(file, "checks", part("kept_detail")),
      listed(file, "checks", part("likeness")),
      text_at(file, "unchanged"),
      text_at(file, "seconds"),
      listed(file, "problems", [](const ordered_json& line) { return text_of(line); })};
  std::string line;
  for (std::size_t i = 0; i < cells.size(); ++i) line.append(i > 0 ? "," : "").append(cell(cells[i]));
  file_.write(line.append("\r\n"));
}

void RunReport::finish(const ordered_json& tail, const std::string& stopped) {
  if (csv_) {
    if (!stopped.empty()) add_csv({{"problems", {stopped}}});
  } else {
    ordered_json rest = tail;
    for (const auto& [name, value] : head_.items()) rest.erase(name);
    file_.write("\n],");
    file_.write(dumped(rest).substr(1));
    file_.write("\n");
  }
  file_.commit();
}

}  // namespace bauta
