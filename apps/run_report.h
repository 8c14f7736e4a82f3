// What became of each thing that a run worked on, for programs: --report FILE.json or FILE.csv. It is written
// as the run goes, so it takes no memory, and has its name when the run is over, be it because it was
// interrupted.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "apps/report_kinds.h"
#include "io/atomic_file.h"

namespace bauta {

class RunReport {
 public:
  // Throws FileError for another ending, or if there is something (without `overwrite`).
  RunReport(const std::filesystem::path& path, bool overwrite, ReportKind kind);

  // head: of the run as a whole. Once, before all others.
  void begin(const nlohmann::ordered_json& head);
  bool begun() const { return !head_.is_null(); }
  void add(const nlohmann::ordered_json& entry);
  // tail: of the run as a whole, known at its end; what was in the head stays. stopped: why it ended early; a
  // line of the CSV, too.
  void finish(const nlohmann::ordered_json& tail, const std::string& stopped);

 private:
  void write_line(const std::vector<std::string>& cells);

  AtomicFile file_;
  bool csv_;
  ReportKind kind_;
  nlohmann::ordered_json head_;
  bool first_ = true;
};

}  // namespace bauta
