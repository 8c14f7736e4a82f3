#include "apps/files.h"

#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <map>
#include <new>

#include "io/atomic_file.h"
#include "io/dataset.h"
#include "io/file_error.h"

namespace bauta {
namespace {

namespace fs = std::filesystem;
using nlohmann::ordered_json;

}  // namespace

void add_file_options(CLI::App& command, FileOptions& options, const std::string& inputs_name,
                      const std::string& inputs_help, const std::string& out_help) {
  command.add_option(inputs_name, options.inputs, inputs_help)->required();
  command.add_option("--out", options.out, out_help)->required();
  command.add_flag("--force", options.force, "replace what is there already");
}

std::vector<fs::path> find_pictures(const FileOptions& options, Problems& problems) {
  std::vector<fs::path> pictures;
  for (const fs::path& input : options.inputs) {
    try {
      const std::vector<fs::path> found = list_images({input});
      if (found.empty())
        throw FileError(input, "has no PNG or JPEG picture in it", "name a folder that has, or pictures");
      pictures.insert(pictures.end(), found.begin(), found.end());
    } catch (const FileError& error) {
      problems.report(error.what());
    }
  }
  return pictures;
}

std::vector<Job> plan_jobs(const std::vector<fs::path>& pictures, const fs::path& out) {
  std::vector<Job> jobs;
  std::map<fs::path, fs::path> taken;
  for (const fs::path& picture : pictures) {
    const fs::path output = out / (picture.stem().string() + ".png");
    const auto [earlier, is_new] = taken.emplace(output, picture);
    if (!is_new)
      throw FileError(picture, "and " + earlier->second.string() + " would both become " + output.string(),
                      "rename one, or leave it out");
    jobs.push_back({picture, output});
  }
  return jobs;
}

void require_output_folder(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  std::error_code absent;
  if (fs::is_directory(folder, absent)) {
    if (::access(folder.c_str(), W_OK | X_OK) == 0) return;
    error = std::error_code(errno, std::generic_category());
  } else if (!error) {
    error = std::make_error_code(std::errc::not_a_directory);
  }
  throw FileError(folder, "cannot be written to (" + error.message() + ")", "name another folder with --out");
}

void require_output(const fs::path& input, const fs::path& output, bool force) {
  std::error_code error;
  if (fs::equivalent(input, output, error))
    throw FileError(output, "would overwrite its own input", "name another folder with --out");
  if (!force) require_absent(output);
}

Reporter::Reporter(const CommonOptions& common, Problems& problems, const std::string& unit,
                   std::size_t total)
    : common_(common), problems_(problems), progress_(common, unit, static_cast<std::int64_t>(total)) {}

void Reporter::problem(const std::string& line) {
  const std::lock_guard lock(mutex_);
  progress_.interrupt();
  problems_.report(line);
}

void Reporter::note(const std::string& line) {
  const std::lock_guard lock(mutex_);
  progress_.interrupt();
  say(common_, line);
}

void Reporter::advance() {
  const std::lock_guard lock(mutex_);
  progress_.advance();
}

FileReport::FileReport(Reporter& reporter, Job job) : reporter_(reporter), job_(std::move(job)) {
  facts_ = {{"input", job_.input.string()}, {"output", nullptr}};
}

void FileReport::problem_line(const std::string& line) {
  reporter_.problem(line);
  last_problem_ = line;
  facts_["problems"].push_back(line);
}

void FileReport::guard(const std::function<void()>& work) {
  const auto start = std::chrono::steady_clock::now();
  try {
    work();
  } catch (const FileError& error) {
    problem_line(error.what());
  } catch (const std::bad_alloc&) {
    problem("needs more memory than there is; make it smaller or leave it out");
  } catch (const std::exception& error) {
    problem(std::string(error.what()) + "; leave it out");
  }
  fact("seconds", std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
}

ordered_json process_files(const std::vector<Job>& jobs, const CommonOptions& common, bool force,
                           const std::string& unit, Problems& problems,
                           const std::function<void(FileReport&)>& work) {
  ordered_json files = ordered_json::array();
  Reporter reporter(common, problems, unit, jobs.size());
  for (const Job& job : jobs) {
    FileReport report(reporter, job);
    report.guard([&] {
      require_output(job.input, job.output, force);
      work(report);
    });
    files.push_back(report.json());
    reporter.advance();
  }
  return files;
}

void print_summary(const CommonOptions& common, const ordered_json& summary) {
  if (!common.json) return;
  // A file name need not be UTF-8, JSON must.
  const std::string text = summary.dump(-1, ' ', false, ordered_json::error_handler_t::replace) + "\n";
  if (std::fputs(text.c_str(), stdout) < 0 || std::fflush(stdout) != 0)
    throw std::runtime_error(std::string("standard output: cannot be written to (") + std::strerror(errno) +
                             "); send it elsewhere");
}

std::string counted(std::size_t count, const std::string& what) {
  return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

}  // namespace bauta
