// What became of each file of a run, for programs: --report FILE.json or FILE.csv. It is written as the run
// goes, so it takes no memory, and has its name when the run is over, be it because it was interrupted.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>

#include "io/atomic_file.h"

namespace bauta {

class RunReport {
 public:
  // head: of the run as a whole; in a CSV each line has its mode. Throws FileError for another ending, or if
  // there is something (without `overwrite`).
  RunReport(const std::filesystem::path& path, bool overwrite, const nlohmann::ordered_json& head);

  void add(const nlohmann::ordered_json& file);  // FileReport::json
  // tail: of the run as a whole, known at its end. stopped: why it ended early; a line of the CSV, too.
  void finish(const nlohmann::ordered_json& tail, const std::string& stopped);

 private:
  void add_csv(const nlohmann::ordered_json& file);

  AtomicFile file_;
  bool csv_;
  std::string mode_;
  bool first_ = true;
};

// One line, whatever bytes file names have.
std::string dumped(const nlohmann::ordered_json& json);

}  // namespace bauta
