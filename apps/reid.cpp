// bauta reid: de-identified photographs -> the faces back in them, by a network or a key.
#include <algorithm>
#include <mutex>
#include <optional>

#include "apps/command.h"
#include "apps/files.h"
#include "apps/key_options.h"
#include "cyclegan/anonymizer/hiding.h"
#include "cyclegan/anonymizer/restoring.h"
#include "cyclegan/networks/model_files.h"
#include "io/file_state.h"

namespace bauta {
namespace {

struct ReidOptions {
  CommonOptions common;
  FileOptions files;
  std::string model;
  KeyOptions key;  // of the pictures, or of a locked network where --model names one
  bool force_damaged = false;

  // By a key, without a network or with those of the network code.
  bool keyed() const { return key.given() && (model.empty() || is_keyed_model(model)); }
};

// A picture and what it says of itself, which are read one after the other.
struct ReadPicture {
  Image photo;
  std::optional<AnonymizationRecord> record;
};

ReadPicture read_picture(const std::filesystem::path& input) {
  const FileState state(input);
  ReadPicture picture{read_image(input), {}};
  picture.record = find_record(input, {picture.photo.width, picture.photo.height});
  state.require_unchanged();
  return picture;
}

void write(FileReport& report, const Image& photo, const ReidOptions& options, std::size_t faces) {
  write_png(report.job().output, photo, {}, options.files.force);
  report.wrote();
  report.fact("faces", faces);
}

void reid_photo(FileReport& report, const ReidOptions& options, const OpenedNetwork& F) {
  const auto& input = report.job().input;
  auto [photo, record] = read_picture(input);
  const std::vector<RestoredFace> faces = restore_open(input, photo, record, F);
  const auto left = static_cast<std::size_t>(std::ranges::count(faces, Restored::Not, &RestoredFace::how));
  write(report, photo, options, faces.size() - left);
  for (std::size_t i = 0; i < faces.size(); ++i) {
    if (faces[i].how != Restored::Not) continue;
    report.problem("face " + std::to_string(i + 1) +
                   " is a plain mosaic, which holds nothing to restore, and stays one; use the original");
  }
}

void reid_keyed(FileReport& report, const ReidOptions& options, const Opener& key,
                const NetworksOfCode& networks) {
  const auto& input = report.job().input;
  auto [photo, record] = read_picture(input);
  const std::vector<RestoredFace> faces =
      restore_keyed(input, photo, record, key, options.force_damaged, networks);
  for (std::size_t i = 0; i < faces.size(); ++i) {
    const std::string face = "face " + std::to_string(i + 1);
    if (faces[i].how == Restored::Nearly)
      report.note(face + " comes back nearly as it was (the " + to_string(faces[i].code) + " code)");
    if (faces[i].how == Restored::Damaged)
      report.note(face + " was changed after it was de-identified; what it still tells is restored");
  }
  write(report, photo, options, faces.size());
}

nlohmann::ordered_json restore_with_network(const ReidOptions& options, const std::vector<Job>& jobs,
                                            Problems& problems, nlohmann::ordered_json& memory) {
  const std::filesystem::path path = network_file(options.model, "reid");
  const OpenedNetwork F(make_engine(options.common), path, GeneratorRole::ReId, asking(options.key));
  require_output_folder(options.files.out);
  auto files = process_files(jobs, options.common, options.files.force, problems,
                             workers_beside(*F.engine, jobs.size()),
                             {"pictures", [&](FileReport& report) { reid_photo(report, options, F); }});
  add_memory(memory, *F.engine);
  return files;
}

nlohmann::ordered_json restore_with_key(const ReidOptions& options, const std::vector<Job>& jobs,
                                        Problems& problems) {
  const Opener key = read_opener(options.key, "the pictures");
  std::once_flag asked;
  std::optional<KeyedNetworks> loaded;
  const auto load = [&]() -> const CodeNetworks& {
    std::call_once(asked, [&] {
      // A locked network of the pair may be under the same key.
      const AskOpener ask = options.key.key_file.empty() ? AskOpener() : asking(options.key);
      loaded.emplace(make_engine(options.common), options.model, KeyedNetworks::For::Restoring,
                     models_folder(), ask);
    });
    return loaded->code();
  };
  const NetworksOfCode networks{load, !options.model.empty()};
  require_output_folder(options.files.out);
  return process_files(jobs, options.common, options.files.force, problems,
                       workers_without_network(options.common, jobs.size()),
                       {"pictures", [&](FileReport& report) { reid_keyed(report, options, key, networks); }});
}

int reid(const ReidOptions& options) {
  Problems problems;
  const std::vector<Job> jobs = plan_jobs(find_pictures(options.files, problems), options.files.out);
  if (jobs.empty()) return problems.exit_code();
  nlohmann::ordered_json memory = nlohmann::ordered_json::object();
  const bool keyed = options.keyed();
  if (options.force_damaged && !keyed)
    throw std::runtime_error("--force-damaged is for keyed pictures; leave out --model or --force-damaged");
  const auto files = keyed ? restore_with_key(options, jobs, problems)
                           : restore_with_network(options, jobs, problems, memory);

  std::size_t written = 0, faces = 0;
  for (const auto& file : files) {
    if (file["output"].is_null()) continue;
    ++written;
    faces += file["faces"].get<std::size_t>();
  }
  say(options.common, counted(written, "photograph") + " with " + counted(faces, "face") + " restored, in " +
                          options.files.out.string());
  nlohmann::ordered_json summary{{"command", "reid"},
                                 {"pictures", jobs.size()},
                                 {"written", written},
                                 {"faces", faces},
                                 {"problems", problems.count()}};
  summary.update(memory);
  summary["files"] = files;
  print_summary(options.common, summary);
  return problems.exit_code();
}

}  // namespace

void add_reid(CLI::App& program, int& exit_code) {
  auto options = std::make_shared<ReidOptions>();
  CLI::App* command =
      add_command(program, "reid", "bring de-identified faces back with the key or the Re-ID network",
                  "bauta reid anonymized/ --out restored --key-file my.key", options->common);
  add_precision(*command, options->common);
  add_file_options(*command, options->files, "IMAGE", "pictures that bauta deid wrote, or folders of them",
                   "folder for the restored photographs, NAME.png each");
  command->add_option(
      "--model", options->model,
      "folder with reid.safetensors or reid.locked; default: bauta's own; with a key: of keyed "
      "pictures by --code network");
  add_key_options(*command, options->key, "keyed pictures, or for the locked network of --model");
  command->add_flag("--force-damaged", options->force_damaged,
                    "of a keyed picture that was changed, restore what it still tells (--code companded and "
                    "network)");
  command->callback([options, &exit_code] {
    if (options->force_damaged && !options->key.given())
      throw CLI::RequiresError("--force-damaged", "--key-file or --passphrase");
    exit_code = reid(*options);
  });
}

}  // namespace bauta
