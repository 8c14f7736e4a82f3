// A run of deid or reid over many pictures: which of them it does (--shard, --resume), when it ends early
// (--fail-fast, signals), and what it tells of them (--report, --sheet, --json). None of it takes memory that
// grows with what was done.
#pragma once

#include <atomic>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "apps/contact_sheet.h"
#include "apps/files.h"
#include "apps/journal.h"
#include "apps/run_report.h"

namespace bauta {

// One of `count` parts of the pictures, from 1 on.
struct Shard {
  std::uint64_t number = 1, count = 1;
};
// "2/8"; nothing for what is no part of a whole.
std::optional<Shard> parse_shard(const std::string& text);

struct FolderRunOptions {
  std::filesystem::path report, sheet;
  std::string shard = "1/1";
  bool resume = false, fail_fast = false;
  std::vector<std::filesystem::path> read = {};  // beside the inputs: keys, tables
};
// of_deid: what is written may be shown on a sheet.
void add_folder_run_options(CLI::App& command, FolderRunOptions& options, bool of_deid);

inline constexpr const char* kNoPassphraseToResume =
    "what would tell one passphrase from another could be used to guess it; use --key-file";

class FolderRun;

// One picture of a run. Of one thread.
class RunFile {
 public:
  FileReport& report;

  struct Content {
    std::filesystem::path path;  // in the run's folder: the output with its ending or another
    std::string bytes;
  };
  // Writes the files, one or two, reads them back and gives them their names in this order, both or neither;
  // what bore them before is still there where that fails. All facts and problems must be in the report.
  // Throws FileError.
  void write(const std::vector<Content>& files);
  // It is as it should be that nothing is written.
  void write_nothing();
  // Of what was written, for the sheet if there is one.
  void show(const Image& picture);

 private:
  friend class FolderRun;
  RunFile(FileReport& of, FolderRun& run) : report(of), run_(run) {}
  bool is_done(const nlohmann::ordered_json& settings);
  void keep(const Journal::Entry& entry);
  void note(const std::vector<Content>& files);

  FolderRun& run_;
  bool overwrite_ = false;
  std::string input_, settings_;  // hashes, with --resume
};

class FolderRun {
 public:
  // What a run is of: its command and what it works on, and how the names of what it writes end.
  struct Kind {
    std::string command, unit, ending;
  };
  // Throws FileError where the report cannot be written, or is there already, or it or the sheet is one of
  // the files that the run reads.
  FolderRun(const CommonOptions& common, const FileOptions& files, const FolderRunOptions& options,
            Problems& problems, Kind kind);
  ~FolderRun();

  // Finds the pictures, of which those of the shard become jobs; what cannot be found is a problem. Then does
  // the rest, from begin() to finish(), unless there is no job. Where that throws, the report says why.
  // Returns the exit code.
  int whole(const std::function<void()>& rest);

  const std::vector<Job>& jobs() const { return jobs_; }
  // What all shards together work on.
  const std::vector<std::filesystem::path>& pictures() const { return pictures_; }

  // head: of the report, beside the command; settings: whatever decides what becomes of a picture. Throws
  // FileError before any work: what it needs cannot be written, or is there already.
  void begin(const nlohmann::ordered_json& head, const nlohmann::ordered_json& settings);

  struct Work {
    std::function<void(RunFile&)> work;  // for several threads at a time
    // What decides beside the run's settings, of one picture.
    std::function<nlohmann::ordered_json(const Job&)> settings = {};
  };
  void process(const Workers& workers, const Work& work);

  // Of what was written: faces that were found, or brought back, and the regions that hide them; faces that
  // overlap may share one.
  struct Totals {
    std::size_t written = 0, faces = 0, regions = 0, unchanged = 0, done = 0;
  };
  const Totals& totals() const { return totals_; }
  std::string unchanged_text() const;  // " (3 of them done before)", or nothing

  // Ends the report and the sheet, and prints the summary; its objects of the files are added.
  void finish(nlohmann::ordered_json summary);

 private:
  friend class RunFile;
  void find_jobs();
  void begin_report(const nlohmann::ordered_json& head);
  void begin_sheet();
  // Of a run that did not come to its end, or not to its beginning; empty: it had nothing to do.
  void end_report(const std::string& why);
  void count(const FileReport& report);
  std::string why_stopped() const;

  const CommonOptions& common_;
  const FileOptions& files_;
  const FolderRunOptions& options_;
  Problems& problems_;
  Kind kind_;
  std::vector<std::filesystem::path> pictures_;
  std::vector<LostInput> lost_;  // that this run tells of
  std::vector<Job> jobs_;
  std::optional<Journal> journal_;
  std::optional<RunReport> report_;
  std::optional<ContactSheet> sheet_;
  std::string settings_;          // as text
  std::FILE* objects_ = nullptr;  // of the files, for --json
  std::atomic<bool> failed_ = false;
  Totals totals_;
};

}  // namespace bauta
