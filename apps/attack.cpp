// bauta attack: what attackers get back of a model's De-ID pictures.
#include <algorithm>
#include <map>
#include <set>

#include "apps/command.h"
#include "apps/evaluation_set.h"
#include "apps/files.h"
#include "apps/judging.h"
#include "cyclegan/attacks/attack.h"
#include "cyclegan/networks/model_files.h"
#include "cyclegan/report/attack_report.h"
#include "cyclegan/shuffled.h"
#include "cyclegan/training/run.h"
#include "io/atomic_file.h"
#include "io/dataset.h"
#include "io/file_error.h"

namespace bauta {
namespace {

namespace fs = std::filesystem;

constexpr int kPaperSize = 256, kPaperBlocks = 20;

struct AttackOptions {
  CommonOptions common;
  EvaluationSetOptions sets;
  fs::path data, own, out;
  std::string model, baseline, trained_as;
  std::vector<std::string> families;
  std::vector<std::size_t> queries{100, 1000, 3000};
  std::vector<int> by_blocks{20, 12, 8, 4, 2};
  std::int64_t steps = 1000;
  bool force = false;
};

// A model's pair, or another method by its name.
struct Attacked {
  std::optional<JudgedModel> model;
  std::unique_ptr<Method> method;
  Victim victim;
};

// How a pair was trained: as config.json beside its De-ID network says, or as far as the weight file tells.
TrainingConfig training_of(const fs::path& deid_path, const LoadedGenerator& deid) {
  const fs::path folder = deid_path.parent_path();
  if (fs::exists(TrainingRun::config_path(folder)))
    return read_run_config(TrainingRun::config_path(folder)).training;
  const GeneratorConfig& generator = deid.facts.config;
  TrainingConfig training;
  training.generator = generator.kind;
  training.ngf = training.ndf = generator.ngf;
  training.residual_blocks = generator.residual_blocks;
  training.composite = generator.composite;
  training.residual_levels = generator.residual_levels;
  training.companding_levels = generator.companding_levels;
  const auto& metadata = deid.facts.metadata;
  if (const auto loss = metadata.find("loss"); loss != metadata.end())
    training.loss = adversarial_loss(loss->second);
  return training;
}

Attacked attacked(Engine& engine, AttackOptions& options) {
  Attacked result;
  if (options.baseline.empty()) {
    JudgedModel& model = result.model.emplace(engine, options.model);
    options.sets.size = picture_size_of(model.deid_path, model.deid.facts, options.sets.size);
    if (options.sets.blocks == 0) options.sets.blocks = model.deid.facts.mosaic_blocks;
    result.method =
        judged_method(engine, model, options.sets.blocks > 0 ? options.sets.blocks : kPaperBlocks);
    result.victim.method = result.method.get();
    // The paper's forged systems imitate an open pair.
    if (!result.method->keyed()) result.victim.training = training_of(model.deid_path, model.deid);
  } else {
    result.method = baseline_called(engine, options.baseline);
    result.victim.method = result.method.get();
    if (!options.trained_as.empty()) {
      const fs::path path = model_file(options.trained_as, "deid.safetensors");
      result.victim.training = training_of(path, load_network(engine, path, GeneratorRole::DeId));
    }
    if (const auto blocks = result.method->visible_blocks()) {
      if (options.sets.blocks != 0 && options.sets.blocks != *blocks)
        throw CLI::ValidationError("--blocks", "the baseline " + options.baseline + " shows " +
                                                   std::to_string(*blocks) +
                                                   " blocks across a face; leave --blocks away");
      options.sets.blocks = *blocks;
    }
  }
  return result;
}

// Half of the people go to the attackers, drawn at random, with all their photographs.
SubjectSet take_half(SubjectSet& set, const fs::path& data, std::uint64_t seed) {
  std::set<std::size_t> people;
  for (const Subject& subject : set.subjects) people.insert(subject.person);
  const std::vector<std::size_t> numbers(people.begin(), people.end());
  if (numbers.size() < 2)
    throw FileError(data, "shows one person only, so nobody is left for the attackers to learn from",
                    "name photographs of others with --own");
  const std::vector<std::size_t> order = shuffled(numbers.size(), random_stream(seed, RandomUse::Order));
  std::set<std::size_t> taken;
  for (std::size_t i = 0; i < numbers.size() / 2; ++i) taken.insert(numbers[order[i]]);
  SubjectSet half{set.name + ", held out", {}, set.people_known, 0};
  for (Subject& subject : set.subjects)
    if (taken.contains(subject.person)) half.subjects.push_back(std::move(subject));
  std::erase_if(set.subjects, [&](const Subject& subject) { return taken.contains(subject.person); });
  return half;
}

void require_apart(const SubjectSet& judged, const SubjectSet& own, const fs::path& folder) {
  const auto bytes = [](const Subject& subject) {
    return std::string(subject.clear.pixels.begin(), subject.clear.pixels.end());
  };
  std::map<std::string, std::string> pictures;
  for (const Subject& subject : judged.subjects) pictures[bytes(subject)] = subject.name;
  for (const Subject& subject : own.subjects)
    if (const auto found = pictures.find(bytes(subject)); found != pictures.end())
      throw FileError(folder, "holds " + subject.name + ", which is judged as " + found->second,
                      "give the attackers photographs of other people");
}

SubjectSet load(const fs::path& folder, const AttackOptions& options, const Judges& judges,
                Problems& problems) {
  SubjectSet set = load_evaluation_set(folder, options.sets, options.common,
                                       judges.locate ? &*judges.locate : nullptr, problems);
  if (set.subjects.empty())
    throw FileError(folder, "has no face in it", "name a folder with photographs of faces");
  return set;
}

fs::path figure_path(const AttackOptions& options, const std::string& name) {
  return options.out / "figures" / (name + ".png");
}

int attack(AttackOptions& options) {
  Problems problems;
  require_output_folder(options.out);
  require_output_folder(options.out / "figures");
  if (!options.force) {
    for (const char* name : {"report.html", "report.json"}) require_absent(options.out / name);
    for (const char* name : kAttackPictures) require_absent(figure_path(options, name));
  }

  const auto engine = make_engine(options.common);
  const Attacked target = attacked(*engine, options);
  if (fs::exists(options.data / "dataset.json")) {
    const Dataset dataset = load_dataset(options.data);
    if (options.sets.size == 0 && !options.baseline.empty()) options.sets.size = dataset.size;
    if (options.sets.blocks == 0) options.sets.blocks = dataset.blocks;
  }
  if (options.sets.size == 0) options.sets.size = kPaperSize;
  if (options.sets.blocks == 0) options.sets.blocks = kPaperBlocks;

  AttackReport report;
  const Judges judges(*engine, report.notes);
  for (const std::string& note : report.notes) say(options.common, note);
  SubjectSet judged = load(options.data, options, judges, problems);
  SubjectSet own;
  if (options.own.empty()) {
    own = take_half(judged, options.data, options.common.seed);
  } else {
    AttackOptions of_own = options;
    of_own.sets.limit = 0;
    of_own.sets.people.clear();  // who they are does not matter
    own = load(options.own, of_own, judges, problems);
    require_apart(judged, own, options.own);
  }

  AttackPlan plan{.victim = target.victim,
                  .families = options.families,
                  .opinions = judges.opinions,
                  .steps = options.steps,
                  .queries = options.queries,
                  .blocks = options.sets.blocks,
                  .by_blocks = options.by_blocks,
                  .seed = options.common.seed};
  AttackStudy study(*engine, std::move(judged), std::move(own), std::move(plan));
  {
    Progress progress(options.common, "steps", study.work());
    report.findings =
        study.run([&](std::int64_t count, const std::string& who) { progress.advance(count, who); });
  }
  report.command = command_line();
  report.facts =
      facts_of_report(options.common, *engine, options.baseline.empty() ? options.model : options.baseline,
                      options.sets.size, target.model ? &*target.model : nullptr);
  report.facts.emplace_back("blocks across a face", std::to_string(options.sets.blocks));
  report.facts.emplace_back("photographs of the attackers", std::to_string(report.findings.own_photographs));

  for (const ReportPicture& picture : attack_pictures(report.findings))
    write_png(figure_path(options, picture.name), picture.image, {}, options.force);
  const std::string json = attack_report_json(report);
  write_file_atomically(options.out / "report.html", attack_report_html(report), options.force);
  write_file_atomically(options.out / "report.json", json, options.force);

  for (const std::string& note : report.findings.notes) say(options.common, note);
  say(options.common, attack_verdict_line(report.findings));
  say(options.common, "the report: " + (options.out / "report.html").string());
  nlohmann::ordered_json summary{{"command", "attack"},
                                 {"report", options.out.string()},
                                 {"pictures", report.findings.set.subjects.size()},
                                 {"own_photographs", report.findings.own_photographs},
                                 {"broken_by", verdict_of(report.findings).broken_by},
                                 {"problems", problems.count()}};
  add_memory(summary, *engine);
  print_summary(options.common, summary);
  return problems.exit_code();
}

}  // namespace

void add_attack(CLI::App& program, int& exit_code) {
  auto options = std::make_shared<AttackOptions>();
  CLI::App* command =
      add_command(program, "attack", "what attackers get back",
                  "bauta attack photographs/ --model run --own others/ --out report", options->common);
  add_precision(*command, options->common);
  command
      ->add_option(
          "DATA", options->data,
          "what is attacked: a folder that bauta prepare wrote, or of photographs, or with a folder of "
          "photographs a person")
      ->required();
  command
      ->add_option("--out", options->out,
                   "folder for report.html, which shows the clear faces too, report.json and figures/")
      ->required();
  command->add_option("--model", options->model,
                      "folder with deid.safetensors and, for those who steal it, reid.safetensors; its "
                      "config.json, if there, is what forgers know; default: bauta's own");
  command
      ->add_option("--baseline", options->baseline,
                   "attack another method instead, by its name as for bauta evaluate")
      ->excludes("--model");
  command
      ->add_option(
          "--trained-as", options->trained_as,
          "with --baseline: folder of the model that forgers take for an example, so that they train "
          "alike against both; default: the paper's training")
      ->needs("--baseline");
  command->add_option(
      "--own", options->own,
      "photographs of other people for the attackers, a folder as DATA; default: half of DATA's "
      "people, who are then not judged");
  std::string known;
  std::vector<std::string> names;
  for (const AttackFamily& family : attack_families()) {
    known += std::string("\n") + family.name + ": " + family.what;
    names.emplace_back(family.name);
  }
  options->families = names;
  command->add_option("--attackers", options->families, "who attacks; default: all of them:" + known)
      ->delimiter(',')
      ->check(CLI::IsMember(names));
  command->add_option("--steps", options->steps, "length of each attacker's training in steps")
      ->check(CLI::Range(std::int64_t{1}, std::int64_t{1} << 40))
      ->capture_default_str();
  command
      ->add_option("--queries", options->queries,
                   "how often De-ID may be asked: an attacker each; no more than they have photographs")
      ->delimiter(',')
      ->check(CLI::Range(1, 1 << 30))
      ->capture_default_str();
  command
      ->add_option("--by-blocks", options->by_blocks,
                   "numbers of blocks across the face that `visible` is tried with besides; 0: none")
      ->delimiter(',')
      ->check(CLI::Range(0, 1000))
      ->capture_default_str();
  command->add_flag("--force", options->force, "replace what is there");
  command->add_option("--limit", options->sets.limit, "judge by the first N pictures of DATA only; 0: all")
      ->check(CLI::Range(0, 1 << 30))
      ->capture_default_str();
  command
      ->add_option("--size", options->sets.size,
                   "side of the pictures, for networks that do not tell; default: the dataset's, or 256")
      ->check(CLI::Range(1, 1 << 14));
  add_evaluation_set_options(*command, options->sets);
  command->callback([options, &exit_code] {
    std::erase(options->by_blocks, 0);
    exit_code = attack(*options);
  });
}

}  // namespace bauta
