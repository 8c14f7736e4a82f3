// bauta reid: de-identified photographs -> the faces back in them, by a network or a key.
#include <algorithm>
#include <mutex>
#include <optional>

#include "apps/command.h"
#include "apps/folder_run.h"
#include "apps/key_options.h"
#include "apps/memory_budget.h"
#include "apps/picture_format.h"
#include "cyclegan/anonymizer/hiding.h"
#include "cyclegan/anonymizer/restoring.h"
#include "cyclegan/networks/model_files.h"
#include "io/file_state.h"

namespace bauta {
namespace {

struct ReidOptions {
  CommonOptions common;
  FileOptions files;
  FolderRunOptions run;
  std::string model;
  KeyOptions key;  // of the pictures, or of a locked network where --model names one
  bool force_damaged = false;
  PictureFormat format = PictureFormat::Png;
  std::shared_ptr<MemoryBudget> memory = std::make_shared<MemoryBudget>();

  // By a key, without a network or with those of the network code.
  bool keyed() const { return key.given() && (model.empty() || is_keyed_model(model)); }
};

// A picture and what it says of itself, which are read one after the other.
struct ReadPicture {
  Photograph photo;
  std::optional<AnonymizationRecord> record;
};

ReadPicture read_picture(const std::filesystem::path& input) {
  const FileState state(input);
  ReadPicture picture{read_photograph(input), {}};
  picture.record = find_record(input, {picture.photo.image.width, picture.photo.image.height});
  state.require_unchanged();
  return picture;
}

void write(RunFile& file, Photograph& photo, const ReidOptions& options,
           const std::vector<RestoredFace>& faces) {
  std::size_t restored = 0;
  for (const RestoredFace& face : faces) {
    if (face.how == Restored::Not) {
      file.report.problem(face.why_not);
      continue;
    }
    ++restored;
    redraw(photo, {face.box});
  }
  file.report.fact("faces", restored);
  const auto& output = file.report.job().output;
  file.write({{output, encode_photograph(output, photo, options.format)}});
  if (!photo.deep.empty())
    file.report.note("the faces come back with 8 bits a sample, what lies around them has its 16");
}

void reid_photo(RunFile& file, const ReidOptions& options, const OpenedNetwork& F) {
  const auto& input = file.report.job().input;
  const MemoryShare memory = options.memory->share(memory_for(input, options.format));
  auto [photo, record] = read_picture(input);
  const std::vector<RestoredFace> faces = restore_open(input, photo.image, record, F);
  write(file, photo, options, faces);
}

void reid_keyed(RunFile& file, const ReidOptions& options, const Opener& key,
                const NetworksOfCode& networks) {
  FileReport& report = file.report;
  const auto& input = report.job().input;
  const MemoryShare memory = options.memory->share(memory_for(input, options.format));
  auto [photo, record] = read_picture(input);
  const std::vector<RestoredFace> faces =
      restore_keyed(input, photo.image, record, key, options.force_damaged, networks);
  for (std::size_t i = 0; i < faces.size(); ++i) {
    const std::string face = "face " + std::to_string(i + 1);
    if (faces[i].how == Restored::Nearly)
      report.note(face + " comes back nearly as it was (the " + to_string(faces[i].code) + " code)");
    if (faces[i].how == Restored::Damaged)
      report.note(face + " was changed after it was de-identified; what it still tells is restored");
  }
  if (!record)
    report.note("has lost its record, its pixels hold " + counted(faces.size(), "face") +
                " of this key (one that was changed or cut off where it begins, or is narrower than 40 "
                "pixels, may not be found, and may "
                "hide others)");
  write(file, photo, options, faces);
}

// Which key it is, without telling the key.
std::string opened_by(const Opener& opener) {
  if (const auto* key = std::get_if<SecretKey>(&opener)) return key->fingerprint();
  if (const auto* key = std::get_if<PrivateKey>(&opener)) return key->public_key().fingerprint();
  return "";
}

void restore_with_network(const ReidOptions& options, FolderRun& run, nlohmann::ordered_json& memory) {
  const std::filesystem::path path = network_file(options.model, "reid");
  const OpenedNetwork F(make_engine(options.common), path, GeneratorRole::ReId, asking(options.key));
  nlohmann::ordered_json settings{{"precision", options.common.precision}};
  if (options.run.resume) settings["network"] = public_hash_of_file(path);
  run.begin({}, settings);
  run.process(workers_beside(*F.engine, run.jobs().size()),
              {[&](RunFile& file) { reid_photo(file, options, F); }});
  add_memory(memory, *F.engine);
}

void restore_with_key(const ReidOptions& options, FolderRun& run) {
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
  run.begin({},
            {{"key", opened_by(key)}, {"model", options.model}, {"force_damaged", options.force_damaged}});
  run.process(workers_without_network(options.common, run.jobs().size()),
              {[&](RunFile& file) { reid_keyed(file, options, key, networks); }});
}

void bring_back(const ReidOptions& options, FolderRun& run, const Problems& problems) {
  nlohmann::ordered_json memory = nlohmann::ordered_json::object();
  const bool keyed = options.keyed();
  if (options.force_damaged && !keyed)
    throw std::runtime_error("--force-damaged is for keyed pictures; leave out --model or --force-damaged");
  if (keyed)
    restore_with_key(options, run);
  else
    restore_with_network(options, run, memory);

  const FolderRun::Totals& totals = run.totals();
  say(options.common, totals.written == 0 ? "nothing was written to " + options.files.out.string()
                                          : counted(totals.written, "photograph") + " restored (" +
                                                counted(totals.faces, "region") + " with faces), in " +
                                                options.files.out.string() + run.unchanged_text());
  nlohmann::ordered_json summary{{"command", "reid"},         {"pictures", run.jobs().size()},
                                 {"written", totals.written}, {"unchanged", totals.unchanged},
                                 {"faces", totals.faces},     {"problems", problems.count()}};
  summary.update(memory);
  run.finish(std::move(summary));
}

int reid(const ReidOptions& options) {
  require_device(options.common);
  Problems problems;
  FolderRun run(options.common, options.files, options.run, problems,
                {"reid", "pictures", extension_of(options.format)});
  return run.whole([&] { bring_back(options, run, problems); });
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
  add_format_option(*command, options->format, {PictureFormat::Png, PictureFormat::Webp});
  add_key_options(*command, options->key, "keyed pictures, or for the locked network of --model");
  command->add_flag(
      "--force-damaged", options->force_damaged,
      "of a keyed picture that was changed, restore what it still tells: changed faces of --code "
      "companded and network, and the others of any code");
  add_folder_run_options(*command, options->run, false);
  command->callback([options, &exit_code] {
    if (options->run.resume && (options->key.passphrase || options->key.passphrase_descriptor))
      throw CLI::ValidationError("--resume", kNoPassphraseToResume);
    if (options->force_damaged && !options->key.given())
      throw CLI::RequiresError("--force-damaged", "--key-file or --passphrase");
    options->run.read = {options->key.key_file};
    exit_code = reid(*options);
  });
}

}  // namespace bauta
