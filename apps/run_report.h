// What became of each file of a run, for programs: --report FILE.json or FILE.csv. It is written as the run
// goes, so it takes no memory, and has its name when the run is over, be it because it was interrupted.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>

#include "io/atomic_file.h"

namespace bauta {

class RunReport {
 public:
  // Throws FileError for another ending, or if there is something (without `overwrite`).
  RunReport(const std::filesystem::path& path, bool overwrite);

  // head: of the run as a whole; in a CSV each line has its mode. Once, before all others.
  void begin(const nlohmann::ordered_json& head);
  bool begun() const { return !head_.is_null(); }
  void add(const nlohmann::ordered_json& file);  // FileReport::json
  // tail: of the run as a whole, known at its end; what was in the head stays. stopped: why it ended early; a
  // line of the CSV, too.
  void finish(const nlohmann::ordered_json& tail, const std::string& stopped);

 private:
  void add_csv(const nlohmann::ordered_json& file);

  AtomicFile file_;
  bool csv_;
  nlohmann::ordered_json head_;
  bool first_ = true;
};

// One line, whatever bytes file names have.
std::string dumped(const nlohmann::ordered_json& json);

}  // namespace bauta
