#include "apps/files.h"

#include <omp.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <map>
#include <memory>
#include <new>

#include "io/atomic_file.h"
#include "io/dataset.h"
#include "io/file_error.h"
#include "kernels/check.h"

namespace bauta {
namespace {

namespace fs = std::filesystem;
using nlohmann::ordered_json;

}  // namespace

void add_file_options(CLI::App& command, FileOptions& options, const std::string& inputs_name,
                      const std::string& inputs_help, const std::string& out_help) {
  command.add_option(inputs_name, options.inputs, inputs_help)->required();
  command.add_option("--out", options.out, out_help)->required()->check([](const std::string& out) {
    return out == "-" ? std::string("is a folder, and standard output is none; name a folder (./- is one)")
                      : std::string();
  });
  command.add_flag("--force", options.force, "replace what is there already");
}

bool is_video_path(const fs::path& path) {
  constexpr std::array<std::string_view, 7> kEndings{".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".y4m"};
  return std::ranges::find(kEndings, path.extension().string()) != kEndings.end();
}

namespace {

// "a, b and 3 more".
std::string first_of(const std::vector<std::string>& names) {
  constexpr std::size_t kNamed = 5;
  std::string text;
  for (std::size_t i = 0; i < std::min(kNamed, names.size()); ++i) text += (i > 0 ? ", " : "") + names[i];
  return names.size() > kNamed ? text + " and " + std::to_string(names.size() - kNamed) + " more" : text;
}

// The folder's pictures. Throws FileError if it has none.
std::vector<fs::path> pictures_in(const CommonOptions& common, const fs::path& folder) {
  FolderListing listing = list_folder(folder);
  if (listing.images.empty())
    throw FileError(
        folder,
        std::string("has no PNG, JPEG or WebP picture in it") +
            (listing.others.empty() ? ": it is empty" : " by name, only " + first_of(listing.others)),
        "name a folder that has pictures (those inside it are not entered), or pictures");
  // What deid --regions json and prepare write beside pictures.
  std::erase_if(listing.others, [](const std::string& name) { return name.ends_with(".json"); });
  if (!listing.others.empty())
    say(common,
        folder.string() + ": left out, being no PNG, JPEG or WebP by name: " + first_of(listing.others));
  return listing.images;
}

}  // namespace

std::vector<fs::path> find_pictures(const CommonOptions& common, const FileOptions& options,
                                    Problems& problems, std::vector<LostInput>* lost) {
  std::vector<fs::path> pictures;
  for (const fs::path& input : options.inputs) {
    try {
      std::error_code error;
      const bool is_folder = fs::is_directory(input, error);
      if (!is_folder && is_video_path(input))
        throw FileError(input, "is a video", "take bauta video, with --restore to bring a keyed one back");
      const std::vector<fs::path> found = is_folder ? pictures_in(common, input) : list_images({input});
      pictures.insert(pictures.end(), found.begin(), found.end());
    } catch (const FileError& error) {
      problems.report(error.what());
      if (lost) lost->push_back({input, error.what()});
    }
  }
  return pictures;
}

std::vector<Job> plan_jobs(const std::vector<fs::path>& pictures, const fs::path& out,
                           const std::string& ending) {
  std::vector<Job> jobs;
  std::map<fs::path, fs::path> taken;
  for (const fs::path& picture : pictures) {
    const fs::path output = out / (picture.stem().string() + ending);
    const auto [earlier, is_new] = taken.emplace(output, picture);
    if (!is_new) {
      std::error_code error;
      if (picture == earlier->second || fs::equivalent(picture, earlier->second, error))
        throw FileError(picture, "is named twice", "name it once, also if a folder that it lies in is named");
      throw FileError(picture, "and " + earlier->second.string() + " would both become " + output.string(),
                      "rename one, or do them in two runs with an --out each");
    }
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

void require_output(const fs::path& input, const fs::path& output, bool force,
                    const std::string& what_out_names) {
  std::error_code error;
  if (fs::equivalent(input, output, error))
    throw FileError(output, "would overwrite its own input",
                    "name another " + what_out_names + " with --out");
  if (!force) require_absent(output);
}

void require_apart(const fs::path& output, const std::vector<fs::path>& read) {
  // The way to the output may lead through a folder that is yet to be made.
  std::error_code error;
  const fs::path there = fs::weakly_canonical(output, error);
  for (const fs::path& path : read)
    if (!output.empty() && !path.empty() &&
        (fs::equivalent(output, path, error) ||
         (!there.empty() && fs::weakly_canonical(path, error) == there)))
      throw FileError(output, "is what this run reads, and would be overwritten", "name another file");
}

std::string without_name(const std::string& line, const std::filesystem::path& input) {
  const std::string name = input.string() + ": ";
  return line.starts_with(name) ? line.substr(name.size()) : line;
}

FileReport::FileReport(Job job, std::size_t index) : job_(std::move(job)), index_(index) {
  facts_ = {{"input", job_.input.string()}, {"output", nullptr}};
}

void FileReport::problem_line(const std::string& line) {
  lines_.push_back({line, true});
  facts_["problems"].push_back(line);
}

void FileReport::guard(const std::function<void()>& work) {
  const auto start = std::chrono::steady_clock::now();
  try {
    work();
  } catch (const FileError& error) {
    problem_line(error.what());
  } catch (const OutOfMemory& error) {
    problem(std::string(error.what()) + "; use --precision bf16, or make it smaller");
  } catch (const std::bad_alloc&) {
    problem("needs more memory than there is; make it smaller or leave it out");
  } catch (const std::exception& error) {
    problem(std::string(error.what()) + "; leave it out");
  }
  fact("seconds", std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
}

void FileReport::print(const CommonOptions& common, Problems& problems, Progress& progress) {
  if (!lines_.empty()) progress.interrupt();
  for (const auto& [text, is_problem] : lines_) {
    if (is_problem)
      problems.report(text);
    else
      say(common, text);
  }
  lines_.clear();
}

ordered_json process_files(const std::vector<Job>& jobs, const CommonOptions& common, bool force,
                           Problems& problems, const Workers& workers, const FileWork& files) {
  std::vector<std::unique_ptr<FileReport>> reports(jobs.size());
  ordered_json objects = ordered_json::array();
  Progress progress(common, files.unit, static_cast<std::int64_t>(jobs.size()));
  const auto work = [&](std::size_t i) {
    auto report = std::make_unique<FileReport>(jobs[i], i);
    report->guard([&] {
      require_output(jobs[i].input, jobs[i].output, force);
      files.work(*report);
    });
    reports[i] = std::move(report);
  };
  const auto hand_over = [&](std::size_t i) {
    reports[i]->print(common, problems, progress);
    if (files.done)
      files.done(*reports[i]);
    else
      objects.push_back(reports[i]->json());
    reports[i].reset();
    progress.advance();
  };
  // OpenMP's number of threads is each thread's own.
  work_in_order(jobs.size(), workers.count, [&] { omp_set_num_threads(workers.threads); },
                {work, hand_over, files.stop});
  return objects;
}

namespace {

Workers share(int threads, int most, std::size_t files) {
  const int count = static_cast<int>(std::clamp<std::size_t>(files, 1, static_cast<std::size_t>(most)));
  return {count, std::max(1, threads / count)};
}

}  // namespace

Workers workers_without_network(const CommonOptions& common, std::size_t files) {
  const int threads = common.threads > 0 ? common.threads : omp_get_num_procs();
  return share(threads, threads, files);
}

Workers workers_beside(const Engine& engine, std::size_t files) {
  const int threads = engine.context().threads();
  // On a CPU the network is a small part of the work: its threads give way to those that decode, look for
  // faces and encode (bench/README.md: what a second photograph beside the first one wins).
  if (!engine.kernels().graphs) return share(threads, threads, files);
  // A card has two batches in hand, one of which it works on, while every core prepares the next.
  constexpr int kInBatches = 2 * 16;
  return share(threads, threads + kInBatches, files);
}

}  // namespace bauta
