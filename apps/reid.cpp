// bauta reid: de-identified photographs -> the faces back in them, by a network or a key.
#include <algorithm>

#include "apps/command.h"
#include "apps/files.h"
#include "apps/keyed.h"
#include "apps/model_path.h"
#include "apps/network.h"
#include "cyclegan/anonymizer/anonymizer.h"
#include "cyclegan/anonymizer/record.h"
#include "io/file_error.h"

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

// The record of a picture that can be restored by this network at least in part. Throws FileError.
AnonymizationRecord restorable_record(const std::filesystem::path& path, const Image& photo,
                                      const GeneratorFacts& network) {
  auto record = find_record(path, {photo.width, photo.height});
  if (!record) {
    throw FileError(path, "has no regions to restore",
                    "pass a picture as bauta deid wrote it, not converted or saved again, or with its .json "
                    "beside it");
  }
  if (record->mode == AnonymizationMode::OneWay)
    throw FileError(path, "was de-identified one-way", "nothing can restore it; use the original");
  if (record->mode == AnonymizationMode::Keyed)
    throw FileError(
        path, "was de-identified under a key",
        "pass it with --key-file or --passphrase, and --model only if it was made by --code network");
  if (network.size > 0 && network.size != record->network_size) {
    throw FileError(path,
                    "was de-identified by a network of size " + std::to_string(record->network_size) +
                        ", this Re-ID network is for " + std::to_string(network.size),
                    "name the model that it was made with");
  }
  if (std::ranges::none_of(record->regions, &Region::restorable))
    throw FileError(path, "has only plain mosaics, which hold nothing to restore", "use the original");
  return *std::move(record);
}

void reid_photo(FileReport& report, const ReidOptions& options, const Engine& engine,
                const GeneratorFacts& facts, const FaceNetwork& F) {
  const auto& [input, output] = report.job();
  Image photo = read_image(input);
  const AnonymizationRecord record = restorable_record(input, photo, facts);
  require_memory(engine, input, facts.config, record.network_size, record.network_size);
  reidentify(photo, record.regions, F);
  write_png(output, photo, {}, options.files.force);
  report.wrote();
  report.fact("faces", std::ranges::count_if(record.regions, &Region::restorable));
  for (std::size_t i = 0; i < record.regions.size(); ++i) {
    if (record.regions[i].restorable) continue;
    report.problem("face " + std::to_string(i + 1) +
                   " is a plain mosaic, which holds nothing to restore, and stays one; use the original");
  }
}

nlohmann::ordered_json restore_with_network(const ReidOptions& options, const std::vector<Job>& jobs,
                                            Problems& problems, nlohmann::ordered_json& memory) {
  const std::filesystem::path path = network_file(options.model, "reid");
  const auto engine = make_engine(options.common);
  const LoadedGenerator network = load_network(*engine, path, GeneratorRole::ReId, options.key);
  require_open_channel(path, network.facts);
  const FaceNetwork F = shared_face_network(*engine, network.generator);
  require_output_folder(options.files.out);
  auto files = process_files(
      jobs, options.common, options.files.force, problems, workers_beside(*engine, jobs.size()),
      {"pictures", [&](FileReport& report) { reid_photo(report, options, *engine, network.facts, F); }});
  add_memory(memory, *engine);
  return files;
}

nlohmann::ordered_json restore_with_key(const ReidOptions& options, const std::vector<Job>& jobs,
                                        Problems& problems) {
  const KeyedRestorer restore(read_opener(options.key, "the pictures"), options.force_damaged, options.common,
                              options.model);
  require_output_folder(options.files.out);
  const auto reid_keyed = [&](FileReport& report) {
    Image photo = read_image(report.job().input);
    const std::size_t faces = restore(report, photo);
    write_png(report.job().output, photo, {}, options.files.force);
    report.wrote();
    report.fact("faces", faces);
  };
  return process_files(jobs, options.common, options.files.force, problems,
                       workers_without_network(options.common, jobs.size()), {"pictures", reid_keyed});
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
