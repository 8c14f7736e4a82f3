// bauta deid: photographs -> de-identified photographs.
#include "apps/command.h"
#include "apps/face_finder.h"
#include "apps/files.h"
#include "apps/key_options.h"
#include "apps/keyed.h"
#include "cyclegan/anonymizer/hiding.h"
#include "cyclegan/attacks/visible_risk.h"
#include "cyclegan/networks/model_files.h"
#include "io/atomic_file.h"

namespace bauta {
namespace {

struct DeidOptions {
  CommonOptions common;
  FileOptions files;
  FaceOptions faces;
  HidingOptions hiding;
  std::string model;
  int blocks = 0;
  int size = 0;
  bool one_way = false;
  std::string cover = "blocks";
  std::string regions = "chunk";
};

AnonymizationMode mode_of(const DeidOptions& options) {
  if (options.one_way) return AnonymizationMode::OneWay;
  return options.hiding.keyed() ? AnonymizationMode::Keyed : AnonymizationMode::Open;
}

// What makes faces unrecognizable: a network, a mosaic with what restoring needs enciphered in it, or, in
// one-way mode, nothing but a mosaic.
class Anonymizer {
 public:
  explicit Anonymizer(const DeidOptions& options)
      : blocks_(options.blocks > 0 ? options.blocks : kUsualCoverBlocks),
        cover_(options.cover == "fill" ? Cover::Fill : Cover::Blocks) {
    if (options.one_way) return;
    if (options.hiding.keyed()) {
      if (options.hiding.code == "network")
        code_networks_.emplace(make_engine(options.common), options.model, KeyedNetworks::For::Hiding,
                               models_folder(), asking(KeyOptions{.key_file = options.hiding.key_file}));
      keyed_.emplace(options.hiding, cover_, blocks_, code_networks_ ? &code_networks_->code() : nullptr);
      return;
    }
    G_ = std::make_unique<OpenedNetwork>(make_engine(options.common),
                                         model_file(options.model, "deid.safetensors"), GeneratorRole::DeId);
    open_.emplace(*G_, options.blocks, options.size);
    blocks_ = open_->blocks();
    say(options.common,
        options.model.empty()
            ? "open mode with the default model: its Re-ID network is public, so anyone can restore these "
              "faces; use --key-file or --one-way"
            : "open mode: whoever has the Re-ID network of this model can restore these faces; --key-file "
              "makes that depend on a key");
  }

  // For several threads.
  AnonymizationRecord operator()(FileReport& report, Image& photo, const std::vector<Box>& faces) const {
    if (keyed_) return (*keyed_)(report, photo, faces);
    return open_ ? (*open_)(photo, faces) : hide_one_way(photo, faces, blocks_, cover_);
  }

  Workers workers(const CommonOptions& common, std::size_t photographs) const {
    return engine() ? workers_beside(*engine(), photographs) : workers_without_network(common, photographs);
  }
  // Null without a network.
  const Engine* engine() const {
    if (code_networks_) return &code_networks_->engine();
    return G_ ? G_->engine.get() : nullptr;
  }
  // Across a face; nothing where one grey covers all.
  std::optional<int> visible_blocks() const {
    return cover_ == Cover::Fill ? std::nullopt : std::optional(blocks_);
  }

 private:
  int blocks_;
  Cover cover_;
  std::optional<KeyedNetworks> code_networks_;
  std::optional<KeyedHider> keyed_;
  std::unique_ptr<OpenedNetwork> G_;
  std::optional<OpenHider> open_;
};

// The picture and what it says of itself. The JSON file comes first: a picture that is there is complete.
void write(const std::filesystem::path& path, const Image& photo, const AnonymizationRecord& record,
           const DeidOptions& options) {
  const std::string json = to_json(record);
  if (options.regions == "chunk") {
    write_png(path, photo, {{kRecordKeyword, json}}, options.files.force);
    return;
  }
  AtomicFile regions(record_path(path), options.files.force), picture(path, options.files.force);
  regions.write(json + "\n");
  picture.write(encode_png(photo));
  AtomicFile::commit_together(regions, picture);
}

void deid_photo(FileReport& report, const DeidOptions& options, const FaceFinder& finder,
                const Anonymizer& anonymize) {
  const auto& [input, output] = report.job();
  if (options.regions == "json" && !options.files.force) require_absent(record_path(output));
  Image photo = read_image(input);
  const auto [faces, why_none] = finder.find(input, photo);
  report.fact("faces", faces.size());
  if (faces.empty()) {
    if (options.faces.allow_no_face)
      report.note("no face was found, nothing is written for it");
    else
      report.problem(why_none);
    return;
  }
  const AnonymizationRecord record = anonymize(report, photo, faces);
  write(output, photo, record, options);
  report.wrote();
  report.fact("regions", nlohmann::ordered_json::parse(to_json(record))["regions"]);
  if (record.mode != AnonymizationMode::Open) return;
  for (std::size_t i = 0; i < record.regions.size(); ++i) {
    if (record.regions[i].restorable) continue;
    report.problem("the De-ID network left face " + std::to_string(i + 1) +
                   " recognizable; the plain mosaic was written instead and cannot be restored; train the "
                   "network longer or use --one-way");
  }
}

// What whoever looks at the pictures can tell, key and network aside.
nlohmann::ordered_json risk_json(const std::optional<int>& blocks) {
  if (!blocks) return nullptr;
  const VisibleRisk& risk = visible_risk(*blocks);
  return {{"blocks", *blocks},
          {"measured_at_blocks", risk.blocks},
          {"attacker", risk.attacker},
          {"tar_at_far_1pct", {{"mean", risk.linked}, {"ci95", {risk.low, risk.high}}}}};
}

int deid(const DeidOptions& options) {
  Problems problems;
  const std::vector<Job> jobs = plan_jobs(find_pictures(options.files, problems), options.files.out);
  if (jobs.empty()) return problems.exit_code();
  const FaceFinder finder(options.faces, options.common);
  const Anonymizer anonymize(options);
  require_output_folder(options.files.out);
  const std::optional<int> blocks = anonymize.visible_blocks();
  say(options.common,
      blocks ? visible_risk_line(*blocks) : "one grey covers each face: nothing of it stays visible");

  const auto files = process_files(
      jobs, options.common, options.files.force, problems, anonymize.workers(options.common, jobs.size()),
      {"photographs", [&](FileReport& report) { deid_photo(report, options, finder, anonymize); }});

  std::size_t written = 0, faces = 0;
  for (const auto& file : files) {
    if (file["output"].is_null()) continue;
    ++written;
    faces += file["regions"].size();
  }
  say(options.common, counted(written, "photograph") + " with " + counted(faces, "face") +
                          " de-identified, in " + options.files.out.string() +
                          (finder.source() != "boxes" ? "; look at them: a detector can miss faces" : ""));
  nlohmann::ordered_json summary{{"command", "deid"},
                                 {"mode", to_string(mode_of(options))},
                                 {"detector", finder.source()},
                                 {"photographs", jobs.size()},
                                 {"written", written},
                                 {"faces", faces},
                                 {"visible_risk", risk_json(blocks)},
                                 {"problems", problems.count()}};
  if (anonymize.engine()) add_memory(summary, *anonymize.engine());
  summary["files"] = files;
  print_summary(options.common, summary);
  return problems.exit_code();
}

// Options that belong to different modes.
void forbid_together(CLI::App& command) {
  command.get_option("--model")->excludes(command.get_option("--one-way"));
  for (const char* other :
       {"--one-way", "--key-file", "--passphrase", "--passphrase-fd", "--recipient", "--cover"})
    command.get_option("--size")->excludes(command.get_option(other));
  for (const char* keyed :
       {"--key-file", "--passphrase", "--passphrase-fd", "--recipient", "--code", "--residual-levels"})
    command.get_option("--one-way")->excludes(command.get_option(keyed));
}

// An option that would do nothing is a mistake: what it was to change would stay as it is.
void require_mode(const CLI::App& command, const DeidOptions& options) {
  const AnonymizationMode mode = mode_of(options);
  if (mode == AnonymizationMode::Open && command.count("--cover") > 0)
    throw CLI::RequiresError("--cover", "--key-file, --passphrase, --recipient or --one-way");
  if (mode == AnonymizationMode::Keyed && options.hiding.code != "network" && command.count("--model") > 0)
    throw CLI::RequiresError("--model with a key", "--code network");
  for (const char* keyed : {"--code", "--residual-levels"})
    if (mode != AnonymizationMode::Keyed && command.count(keyed) > 0)
      throw CLI::RequiresError(keyed, "--key-file, --passphrase or --recipient");
}

}  // namespace

void add_deid(CLI::App& program, int& exit_code) {
  auto options = std::make_shared<DeidOptions>();
  CLI::App* command = add_command(program, "deid", "de-identify the faces in photographs",
                                  "bauta deid holiday/ --out anonymized --key-file my.key", options->common);
  add_precision(*command, options->common);
  add_file_options(*command, options->files, "PHOTO", "photographs, or folders of them",
                   "folder for the de-identified photographs, NAME.png each");
  command->add_option("--model", options->model,
                      "folder with deid.safetensors; default: bauta's own; of --code network: also with "
                      "reid.safetensors");
  command
      ->add_option("--blocks", options->blocks,
                   "mosaic blocks across a face, the fewer the less can be seen; default: " +
                       std::to_string(kUsualCoverBlocks) +
                       " with a key or --one-way, else the network's, or " + std::to_string(kUsualOpenBlocks))
      ->check(CLI::Range(1, 1000));
  command
      ->add_option("--size", options->size,
                   "side of the network's pictures, for files that do not tell; default: 256")
      ->check(CLI::Range(1, 1 << 14));
  add_hiding_options(*command, options->hiding);
  command->add_flag("--one-way", options->one_way, "plain mosaics: no network, nothing to restore");
  command
      ->add_option("--cover", options->cover,
                   "with a key or --one-way: blocks, or fill: one grey, of which nothing can be told")
      ->check(CLI::IsMember({"blocks", "fill"}))
      ->capture_default_str();
  forbid_together(*command);
  command
      ->add_option("--regions", options->regions,
                   "where the faces' places go: chunk, into the picture; json, into NAME.json beside it")
      ->check(CLI::IsMember({"chunk", "json"}))
      ->capture_default_str();
  add_face_options(*command, options->faces);
  command->callback([options, &exit_code, command] {
    require_mode(*command, *options);
    exit_code = deid(*options);
  });
}

}  // namespace bauta
