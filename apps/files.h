// Pictures in, pictures out: what prepare, deid, reid and translate do with every file. CLI.md's rules on
// files live here, once.
#pragma once

#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "apps/command.h"
#include "apps/in_order.h"
#include "cyclegan/report/text.h"

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

// By its name.
bool is_video_path(const std::filesystem::path& path);
// An input that stands for no picture, and the line that says why.
struct LostInput {
  std::filesystem::path input;
  std::string why;
};
// The pictures that the inputs stand for; what cannot be found and folders without a picture are problems.
// Says of each folder what other files and folders it holds, which are passed over. lost: gets the former.
std::vector<std::filesystem::path> find_pictures(const CommonOptions& common, const FileOptions& options,
                                                 Problems& problems, std::vector<LostInput>* lost = nullptr);

// OUT/STEM.png for each, or another ending. Throws FileError, naming both, if two have one stem or are one.
std::vector<Job> plan_jobs(const std::vector<std::filesystem::path>& pictures,
                           const std::filesystem::path& out, const std::string& ending = ".png");

// Makes the folder if it is missing. Throws FileError if it cannot be written to.
void require_output_folder(const std::filesystem::path& folder);

// Throws FileError if `output` may not be written: it exists (without `force`), or it is `input` itself.
void require_output(const std::filesystem::path& input, const std::filesystem::path& output, bool force,
                    const std::string& what_out_names = "folder");

// Throws FileError if `output` is one of these files, by whatever name: --force is for what an earlier run
// wrote, not for what this one reads. Empty paths are none.
void require_apart(const std::filesystem::path& output, const std::vector<std::filesystem::path>& read);

// A problem's line without the input's name, where it begins with that.
std::string without_name(const std::string& line, const std::filesystem::path& input);

// What becomes of one input: its problems and notes, and its object in the summary of --json. Of one thread.
class FileReport {
 public:
  FileReport(Job job, std::size_t index);

  const Job& job() const { return job_; }
  std::size_t index() const { return index_; }  // of the job
  // Of the input: "what is wrong; what to do".
  void problem(const std::string& what) { problem_line(job_.input.string() + ": " + what); }
  // A line that names its file itself, as FileError's.
  void problem_line(const std::string& line);
  void note(const std::string& what) { lines_.push_back({job_.input.string() + ": " + what, false}); }
  void wrote() { fact("output", job_.output.string()); }
  bool has_problem() const { return facts_.contains("problems"); }
  template <class Value>
  void fact(const std::string& name, Value&& value) {
    facts_[name] = std::forward<Value>(value);
  }

  const nlohmann::ordered_json& json() const { return facts_; }

  // A small picture for whoever reports, which is no fact.
  void set_thumbnail(std::string jpeg) { thumbnail_ = std::move(jpeg); }
  const std::string& thumbnail() const { return thumbnail_; }

  // Calls `work`; whatever it throws is a problem of this file, and no more.
  void guard(const std::function<void()>& work);
  // Prints the lines so far, and forgets them.
  void print(const CommonOptions& common, Problems& problems, Progress& progress);

 private:
  struct Line {
    std::string text;
    bool is_problem;
  };

  Job job_;
  std::size_t index_;
  std::vector<Line> lines_;
  nlohmann::ordered_json facts_;
  std::string thumbnail_;
};

// What is done with many files, and how they are called.
struct FileWork {
  std::string unit;                                  // "photographs"
  std::function<void(FileReport&)> work;             // for several threads at a time
  std::function<void(const FileReport&)> done = {};  // of each in turn, in the order of the jobs
  std::function<bool()> stop = {};  // asked before each file: if it is true, no more is begun
};

// Calls the work for each job, guarded and after require_output, several at a time; lines are printed in the
// order of the jobs. Returns the files' objects for the summary, in that order too, but not where they are
// handed to `done`.
nlohmann::ordered_json process_files(const std::vector<Job>& jobs, const CommonOptions& common, bool force,
                                     Problems& problems, const Workers& workers, const FileWork& files);

// How much is done at a time where there is no network: every thread has a file of its own, or several where
// there are fewer files.
Workers workers_without_network(const CommonOptions& common, std::size_t files);
// The same beside a network of this engine's, which has threads too.
Workers workers_beside(const Engine& engine, std::size_t files);

}  // namespace bauta
