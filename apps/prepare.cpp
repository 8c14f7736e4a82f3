// bauta prepare: photographs -> the two training sets, clear and mosaic.
#include <charconv>
#include <mutex>

#include "apps/command.h"
#include "apps/face_finder.h"
#include "apps/files.h"
#include "cyclegan/anonymizer/face_crop.h"
#include "io/atomic_file.h"
#include "io/file_error.h"
#include "kernels/random.h"

namespace bauta {
namespace {

namespace fs = std::filesystem;

constexpr double kLargestMargin = 10;

// --margin: one number, or LOW:HIGH.
struct Margin {
  double low = 1.6, high = 1.6;
};

std::optional<Margin> parse_margin(const std::string& text) {
  const auto number = [](std::string_view part) -> std::optional<double> {
    double value = 0;
    const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), value);
    if (error != std::errc() || end != part.data() + part.size()) return {};
    return value;
  };
  const std::size_t colon = text.find(':');
  const auto low = number(std::string_view(text).substr(0, colon));
  const auto high = colon == text.npos ? low : number(std::string_view(text).substr(colon + 1));
  if (!low || !high || !(1 <= *low && *low <= *high && *high <= kLargestMargin)) return {};
  return Margin{*low, *high};
}

struct PrepareOptions {
  CommonOptions common;
  FileOptions files;
  FaceOptions faces;
  int size = 256;
  std::string margin = "1.6";
  int blocks = 20;
  std::size_t limit = 0;
};

// What became of one photograph: an entry, or why there is none.
struct Outcome {
  std::optional<DatasetEntry> entry;
  std::string why_skipped;
};

// The folders for the pictures, of no earlier run's unless `force`.
void make_folders(const fs::path& out, bool force) {
  const fs::path description = out / "dataset.json";
  require_output_folder(out);
  if (!force) require_absent(description);
  for (const char* name : {"clear", "mosaic"}) {
    require_output_folder(out / name);
    if (!force && !list_images({out / name}).empty()) {
      throw FileError(out / name, "has pictures in it already, perhaps of a run that was ended",
                      "pass --force to replace them");
    }
  }
  // What is there no longer describes the pictures once the first is replaced.
  std::error_code error;
  if (force && !fs::is_directory(description, error)) fs::remove(description, error);
}

Outcome prepare_photo(FileReport& report, const PrepareOptions& options, const FaceFinder& finder,
                      double margin) {
  const fs::path& input = report.job().input;
  if (!is_picture_name(input.stem().string())) throw FileError(input, "its name is not UTF-8", "rename it");
  const Image photo = read_image(input);
  auto [faces, scores, why_none, note] = finder.find(input, photo);
  report.fact("faces", faces.size());
  if (faces.empty()) {
    if (options.faces.allow_no_face)
      report.note("no face was found, it is left out");
    else
      report.problem(why_none);
    return {{}, why_none.substr(0, why_none.find(';'))};
  }
  const Box& largest = *std::ranges::max_element(faces, {}, &Box::area);
  FaceCrop crop = crop_face(photo, largest, margin, options.size, options.blocks);
  crop.entry.name = input.stem().string();
  crop.entry.source = input.string();
  const fs::path& clear = report.job().output;
  const fs::path mosaic = mosaic_path(options.files.out, crop.entry.name);
  for (const fs::path& output : {clear, mosaic}) require_output(input, output, options.files.force);
  write_png(clear, crop.clear, {}, options.files.force);
  write_png(mosaic, crop.mosaic, {}, options.files.force);
  report.wrote();
  return {std::move(crop.entry), ""};
}

// Where it was left by an error, that is the reason.
std::string why_skipped(const Outcome& outcome, const nlohmann::ordered_json& file) {
  return outcome.why_skipped.empty() ? file["problems"].back().get<std::string>() : outcome.why_skipped;
}

int prepare(const PrepareOptions& options) {
  Problems problems;
  const std::vector<fs::path> all = find_pictures(options.common, options.files, problems);
  std::vector<fs::path> photos = all;
  if (options.limit > 0 && photos.size() > options.limit) photos.resize(options.limit);
  const fs::path& out = options.files.out;
  const std::vector<Job> jobs = plan_jobs(photos, clear_path(out, "").parent_path());
  if (jobs.empty()) return problems.exit_code();
  const Margin margin = *parse_margin(options.margin);
  make_folders(out, options.files.force);

  Dataset dataset;
  dataset.size = options.size;
  dataset.blocks = options.blocks;
  dataset.margin_low = margin.low;
  dataset.margin_high = margin.high;
  const FaceFinder finder(options.faces, options.common);
  dataset.detector = finder.source();
  const nlohmann::ordered_json unmatched = finder.say_unmatched(all);
  const RandomStream random{options.common.seed, 0};
  std::vector<Outcome> outcomes(jobs.size());
  const auto prepare_one = [&](FileReport& report) {
    const double own_margin = margin.low + (margin.high - margin.low) * random.uniform(report.index());
    outcomes[report.index()] = prepare_photo(report, options, finder, own_margin);
  };
  const auto files =
      process_files(jobs, options.common, options.files.force, problems,
                    workers_without_network(options.common, jobs.size()), {"photographs", prepare_one});
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    if (outcomes[i].entry)
      dataset.entries.push_back(*outcomes[i].entry);
    else
      dataset.skipped.push_back({jobs[i].input.string(), why_skipped(outcomes[i], files[i])});
  }
  // Without a picture there is no dataset, and no file that says there were one.
  if (!dataset.entries.empty()) save_dataset(out, dataset, options.files.force);

  say(options.common, counted(dataset.entries.size(), "face") + " prepared and " +
                          counted(dataset.skipped.size(), "photograph") + " skipped, in " + out.string());
  print_summary(options.common, {{"command", "prepare"},
                                 {"photographs", jobs.size()},
                                 {"prepared", dataset.entries.size()},
                                 {"skipped", dataset.skipped.size()},
                                 {"unmatched_boxes", unmatched},
                                 {"problems", problems.count()},
                                 {"files", files}});
  return problems.exit_code();
}

}  // namespace

void add_prepare(CLI::App& program, int& exit_code) {
  auto options = std::make_shared<PrepareOptions>();
  CLI::App* command = add_command(
      program, "prepare", "photographs -> the two training sets, clear and mosaic",
      "bauta prepare photographs/ --out data --size 128 --margin 1.2:2.4 --blocks 10", options->common);
  add_file_options(*command, options->files, "PHOTO", "photographs, or folders of them",
                   "folder for clear/NAME.png, mosaic/NAME.png and dataset.json");
  command->add_option("--size", options->size, "side of the pictures, pixels")
      ->check(CLI::Range(8, 4096))
      ->capture_default_str();
  const auto is_margin = [](const std::string& text) -> std::string {
    return parse_margin(text) ? "" : "--margin " + text + ": a number from 1 to 10, or two as 1.2:2.4";
  };
  command
      ->add_option("--margin", options->margin,
                   "side of the square crop over the longer side of the face box; LOW:HIGH draws it for each "
                   "photograph")
      ->check(CLI::Validator(is_margin, ""))
      ->capture_default_str();
  command->add_option("--blocks", options->blocks, "mosaic blocks across the shorter side of a face")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  command->add_option("--limit", options->limit, "take the first N photographs only; 0: all")
      ->capture_default_str();
  options->faces.detector = "haar";  // the paper's
  options->faces.smallest = kUsualSmallestFace;
  add_face_options(*command, options->faces);
  command->callback([options, &exit_code] { exit_code = prepare(*options); });
}

}  // namespace bauta
