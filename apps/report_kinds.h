// What reports list: the files of a run, or the frames of a video.
#pragma once

#include <cstdint>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "io/box.h"

namespace bauta {

// A list of a run's report, and what a CSV has of it.
struct ReportKind {
  using Line = std::vector<std::string>;  // a cell for each column
  std::string list;                       // its name in JSON
  Line columns;
  // Of an entry, which may have problems alone. head: of the run as a whole.
  std::function<std::vector<Line>(const nlohmann::ordered_json& head, const nlohmann::ordered_json& entry)>
      lines;
};

// Entries: FileReport::json(). A line each.
ReportKind report_of_files();

// Entries: frame_entry(). A line for each face of a frame.
ReportKind report_of_frames();

struct ReportedFace {
  Box box;
  std::optional<int> face = {};     // the same one's number from frame to frame, where it is followed
  std::optional<float> score = {};  // with which it was found in this very frame
};
// seconds: where in the video, if it tells.
nlohmann::ordered_json frame_entry(std::int64_t number, std::optional<double> seconds,
                                   const std::vector<ReportedFace>& faces);

// One line, whatever bytes file names have.
std::string dumped(const nlohmann::ordered_json& json);

}  // namespace bauta
