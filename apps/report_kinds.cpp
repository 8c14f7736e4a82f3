#include "apps/report_kinds.h"

#include "cyclegan/report/text.h"

namespace bauta {
namespace {

using nlohmann::ordered_json;

std::string text_of(const ordered_json& value) {
  if (value.is_null()) return "";
  return value.is_string() ? value.get<std::string>() : dumped(value);
}

std::string text_at(const ordered_json& object, const char* name) {
  return object.contains(name) ? text_of(object[name]) : "";
}

// One part for each of the list, between semicolons.
template <class Part>
std::string listed(const ordered_json& entry, const char* name, const Part& part) {
  std::string text;
  if (!entry.contains(name)) return text;
  for (std::size_t i = 0; i < entry[name].size(); ++i) {
    if (i > 0) text.push_back(';');
    text += part(entry[name][i]);
  }
  return text;
}

std::string problems_of(const ordered_json& entry) { return listed(entry, "problems", text_of); }

ReportKind::Line line_of_file(const ordered_json& head, const ordered_json& file) {
  const auto part = [](const char* name) {
    return [name](const ordered_json& object) { return text_at(object, name); };
  };
  const auto box = [](const ordered_json& of) {
    return text_at(of, "x") + " " + text_at(of, "y") + " " + text_at(of, "width") + " " +
           text_at(of, "height");
  };
  return {text_at(file, "input"),
          text_at(file, "output"),
          text_at(head, "mode"),
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
          problems_of(file)};
}

std::vector<ReportKind::Line> lines_of_frame(const ordered_json& frame) {
  if (!frame.contains("boxes")) return {{"", "", "", "", "", "", "", "", problems_of(frame)}};
  std::vector<ReportKind::Line> lines;
  for (const ordered_json& box : frame["boxes"]) {
    ReportKind::Line line{text_at(frame, "frame"), text_at(frame, "seconds")};
    for (const char* name : {"face", "x", "y", "width", "height", "score"})
      line.push_back(text_at(box, name));
    line.emplace_back();
    lines.push_back(std::move(line));
  }
  return lines;
}

}  // namespace

// boxes and scores: of each face; from blocks to likeness: of each region; between semicolons.
ReportKind report_of_files() {
  return {"files",
          {"input", "output", "mode", "faces", "boxes", "scores", "regions", "blocks", "fallbacks",
           "deviation", "distance", "kept_detail", "likeness", "unchanged", "seconds", "problems"},
          [](const ordered_json& head, const ordered_json& file) -> std::vector<ReportKind::Line> {
            return {line_of_file(head, file)};
          }};
}

ReportKind report_of_frames() {
  return {"faces_by_frame",
          {"frame", "seconds", "face", "x", "y", "width", "height", "score", "problems"},
          [](const ordered_json&, const ordered_json& frame) { return lines_of_frame(frame); }};
}

ordered_json frame_entry(std::int64_t number, std::optional<double> seconds,
                         const std::vector<ReportedFace>& faces) {
  ordered_json entry{{"frame", number}, {"seconds", nullptr}, {"boxes", ordered_json::array()}};
  if (seconds) entry["seconds"] = rounded(*seconds);
  for (const ReportedFace& face : faces) {
    ordered_json box{{"face", nullptr},         {"x", face.box.x},           {"y", face.box.y},
                     {"width", face.box.width}, {"height", face.box.height}, {"score", nullptr}};
    if (face.face) box["face"] = *face.face;
    if (face.score) box["score"] = rounded(static_cast<double>(*face.score));
    entry["boxes"].push_back(std::move(box));
  }
  return entry;
}

std::string dumped(const ordered_json& json) {
  return json.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

}  // namespace bauta
