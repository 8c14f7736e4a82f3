// Pictures in, pictures out: what prepare, deid, reid and translate do with every file. CLI.md's rules on
// files live here, once.
#pragma once

#include <filesystem>
#include <functional>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "apps/command.h"

namespace bauta {

// An input and what it becomes.
struct Job {
  std::filesystem::path input;
  std::filesystem::path output;
};

// The options for inputs and outputs of a subcommand.
struct FileOptions {
  std::vector<std::filesystem::path> inputs;
  std::filesystem::path out;
  bool force = false;
};
void add_file_options(CLI::App& command, FileOptions& options, const std::string& inputs_name,
                      const std::string& inputs_help, const std::string& out_help);

// The pictures that the inputs stand for; what cannot be found and folders without a picture are problems.
std::vector<std::filesystem::path> find_pictures(const FileOptions& options, Problems& problems);

// OUT/STEM.png for each. Throws FileError, naming both, if two have one stem.
std::vector<Job> plan_jobs(const std::vector<std::filesystem::path>& pictures,
                           const std::filesystem::path& out);

// Makes the folder if it is missing. Throws FileError if it cannot be written to.
void require_output_folder(const std::filesystem::path& folder);

// Throws FileError if `output` may not be written: it exists (without `force`), or it is `input` itself.
void require_output(const std::filesystem::path& input, const std::filesystem::path& output, bool force);

// Problems and notes of many files, between the lines of progress; for several threads.
class Reporter {
 public:
  Reporter(const CommonOptions& common, Problems& problems, const std::string& unit, std::size_t total);

  void problem(const std::string& line);
  void note(const std::string& line);
  void advance();

 private:
  const CommonOptions& common_;
  Problems& problems_;
  Progress progress_;
  std::mutex mutex_;
};

// What becomes of one input: problems as they come, and its object in the summary of --json.
class FileReport {
 public:
  FileReport(Reporter& reporter, Job job);

  const Job& job() const { return job_; }
  // Of the input: "what is wrong; what to do".
  void problem(const std::string& what) { problem_line(job_.input.string() + ": " + what); }
  // A line that names its file itself, as FileError's.
  void problem_line(const std::string& line);
  void note(const std::string& what) { reporter_.note(job_.input.string() + ": " + what); }
  void wrote() { fact("output", job_.output.string()); }
  template <class Value>
  void fact(const std::string& name, Value&& value) {
    facts_[name] = std::forward<Value>(value);
  }

  const std::string& last_problem() const { return last_problem_; }
  const nlohmann::ordered_json& json() const { return facts_; }

  // Calls `work`; whatever it throws is a problem of this file, and no more.
  void guard(const std::function<void()>& work);

 private:
  Reporter& reporter_;
  Job job_;
  std::string last_problem_;
  nlohmann::ordered_json facts_;
};

// Calls `work` for each job, guarded and after require_output. Returns the files' objects for the summary.
nlohmann::ordered_json process_files(const std::vector<Job>& jobs, const CommonOptions& common, bool force,
                                     const std::string& unit, Problems& problems,
                                     const std::function<void(FileReport&)>& work);

// The summary on standard output, if --json asks for it.
void print_summary(const CommonOptions& common, const nlohmann::ordered_json& summary);

// "1 face", "2 faces".
std::string counted(std::size_t count, const std::string& what);

}  // namespace bauta
