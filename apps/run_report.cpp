#include "apps/run_report.h"

#include "io/file_error.h"

namespace bauta {
namespace {

using nlohmann::ordered_json;

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

}  // namespace

RunReport::RunReport(const std::filesystem::path& path, bool overwrite, ReportKind kind)
    : file_(path, overwrite), csv_(is_csv(path)), kind_(std::move(kind)) {}

void RunReport::begin(const ordered_json& head) {
  head_ = head;
  if (csv_) {
    write_line(kind_.columns);
  } else {
    std::string text = dumped(head);
    text.pop_back();
    file_.write(text + ",\"" + kind_.list + "\":[");
  }
}

void RunReport::add(const ordered_json& entry) {
  if (csv_) {
    for (const std::vector<std::string>& cells : kind_.lines(head_, entry)) write_line(cells);
    return;
  }
  file_.write(first_ ? "\n" : ",\n");
  file_.write(dumped(entry));
  first_ = false;
}

void RunReport::write_line(const std::vector<std::string>& cells) {
  std::string line;
  for (std::size_t i = 0; i < cells.size(); ++i) line.append(i > 0 ? "," : "").append(cell(cells[i]));
  file_.write(line.append("\r\n"));
}

void RunReport::finish(const ordered_json& tail, const std::string& stopped) {
  if (csv_) {
    ordered_json lines = tail.value("problem_lines", ordered_json::array());
    if (lines.empty() && !stopped.empty()) lines.push_back(stopped);
    if (!lines.empty()) add({{"problems", lines}});
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
