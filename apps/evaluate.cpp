// bauta evaluate: the paper's tables and figures for a model.
#include <algorithm>
#include <map>

#include "apps/command.h"
#include "apps/evaluation_set.h"
#include "apps/files.h"
#include "apps/judging.h"
#include "cyclegan/baselines/baselines.h"
#include "cyclegan/report/report.h"
#include "cyclegan/report/report_pictures.h"
#include "cyclegan/report/verdict.h"
#include "io/atomic_file.h"
#include "io/file_error.h"
#include "io/safetensors.h"

namespace bauta {
namespace {

namespace fs = std::filesystem;

struct EvaluateOptions {
  CommonOptions common;
  EvaluationSetOptions sets;
  std::vector<fs::path> inputs;
  fs::path out;
  std::string model;
  KeyOptions key;
  std::vector<std::string> baselines;
  std::size_t damaged = 50;
  bool keep = false, force = false, no_pictures = false;
};

void write_pictures(const EvaluateOptions& options, const Report& report) {
  if (!report.pictures) return;
  for (std::size_t s = 0; s < report.sets.size(); ++s) {
    const SetEvaluation& evaluation = report.sets[s];
    // Several sets have folders of their own.
    const fs::path below = report.sets.size() > 1 ? fs::path(evaluation.set.name) : fs::path();
    const fs::path figures = options.out / "figures" / below;
    fs::create_directories(figures);
    for (const auto& pictures :
         {paper_pictures(evaluation), baseline_pictures(evaluation), worst_pictures(evaluation)})
      for (const ReportPicture& picture : pictures)
        write_png(figures / (picture.name + ".png"), picture.image, {}, options.force);
    if (!options.keep) continue;
    const fs::path folder = options.out / "pictures" / below;
    for (const char* kind : {"original", "deid", "reid"}) fs::create_directories(folder / kind);
    for (std::size_t i = 0; i < evaluation.set.subjects.size(); ++i) {
      const std::string file = evaluation.set.subjects[i].name + ".png";
      const Judgement& judgement = evaluation.model.pictures[i];
      write_png(folder / "original" / file, evaluation.set.subjects[i].clear, {}, options.force);
      write_png(folder / "deid" / file, judgement.hidden, {}, options.force);
      if (evaluation.model.reversible)
        write_png(folder / "reid" / file, judgement.restored, {}, options.force);
    }
  }
}

// What a reader would miss of a set's figures, and why.
std::vector<std::string> notes_on(const SubjectSet& set) {
  std::vector<std::string> notes;
  const auto unseen = std::ranges::count(set.subjects, std::optional<FaceLocation>(), &Subject::location);
  if (unseen > 0)
    notes.push_back("In " + std::to_string(unseen) + " pictures of " + set.name +
                    " the detector finds no landmarks, so they have no identity figures.");
  std::map<std::size_t, int> pictures_of;
  for (const Subject& subject : set.subjects) ++pictures_of[subject.person];
  const auto several = std::ranges::count_if(pictures_of, [](const auto& entry) { return entry.second > 1; });
  if (!set.people_known)
    notes.push_back(
        "Who is who in " + set.name +
        " was not said (--people): everybody counts as somebody else, so only the photograph itself is "
        "looked for, and other photographs of a person count as strangers'.");
  else if (several < static_cast<std::ptrdiff_t>(kFewestPeople))
    notes.push_back("In " + set.name + " " + std::to_string(several) + " people have a second photograph; " +
                    std::to_string(kFewestPeople) +
                    " are needed to say who is recognized in other photographs.");
  if (pictures_of.size() < kFewestPeople)
    notes.push_back("In " + set.name + " are " + std::to_string(pictures_of.size()) + " people; " +
                    std::to_string(kFewestPeople) + " are needed to say who is still recognized.");
  return notes;
}

int evaluate(EvaluateOptions& options) {
  Problems problems;
  require_output_folder(options.out);
  for (const char* name : {"report.html", "report.json", "figures", "pictures"})
    if (!options.force) require_absent(options.out / name);

  const auto engine = make_engine(options.common);
  const JudgedModel model(*engine, options.model, options.key);
  options.sets.size = picture_size_of(model.deid_path, model.deid.facts, options.sets.size);
  if (options.sets.blocks == 0) options.sets.blocks = model.deid.facts.mosaic_blocks;
  require_memory(*engine, model.deid_path, model.deid.facts.config, options.sets.size, options.sets.size);

  Report report;
  // Who judges is exact whatever the model's precision.
  const auto exact = options.common.precision == "f32" ? nullptr : make_exact_engine(options.common);
  const Judges judges(exact ? *exact : *engine, report.notes);
  for (const std::string& note : report.notes) say(options.common, note);
  if (!model.reid) {
    report.notes.push_back(model.reid_is_locked
                               ? "The Re-ID network is locked and no key was given: only De-ID is judged."
                               : "The model has no Re-ID network: only De-ID is judged.");
    say(options.common, report.notes.back());
  }

  constexpr int kPaperBlocks = 20;
  const std::unique_ptr<Method> judged =
      judged_method(*engine, model, options.sets.blocks > 0 ? options.sets.blocks : kPaperBlocks);
  EvaluationPlan plan{.model = {"bauta", judged.get()},
                      .baselines = {},
                      .opinions = judges.opinions,
                      .damaged = options.damaged,
                      .seed = options.common.seed};
  std::vector<std::unique_ptr<Method>> baselines;
  for (const std::string& name : options.baselines) {
    baselines.push_back(baseline_called(*engine, name));
    // Without the file of a network: "password", "password-2".
    std::string shown = name.substr(0, name.find(':'));
    const auto alike = std::ranges::count_if(plan.baselines, [&](const NamedMethod& other) {
      return other.name == shown || other.name.starts_with(shown + "-");
    });
    if (alike > 0) shown.append("-").append(std::to_string(alike + 1));
    plan.baselines.push_back({shown, baselines.back().get()});
  }

  std::vector<SubjectSet> sets;
  for (const fs::path& input : options.inputs) {
    SubjectSet set = load_evaluation_set(input, options.sets, options.common,
                                         judges.locate ? &*judges.locate : nullptr, problems);
    if (set.subjects.empty())
      throw FileError(input, "has no face to judge a model on", "name a folder with photographs of faces");
    for (SubjectSet& other : sets)
      if (other.name == set.name) set.name.append("-").append(std::to_string(sets.size() + 1));
    if (!judges.opinions.empty())
      for (const std::string& note : notes_on(set)) {
        report.notes.push_back(note);
        say(options.common, note);
      }
    sets.push_back(std::move(set));
  }

  std::size_t work = 0;
  for (const SubjectSet& set : sets) work += work_of(plan, set.subjects.size());
  {
    Progress progress(options.common, "pictures", static_cast<std::int64_t>(work));
    for (SubjectSet& set : sets)
      report.sets.push_back(evaluate(std::move(set), plan, [&](std::size_t count) {
        progress.advance(static_cast<std::int64_t>(count));
      }));
  }
  report.command = command_line();
  report.pictures = !options.no_pictures;
  report.facts = facts_of_report(options.common, *engine, options.model, options.sets.size, &model);
  for (const std::string& name : options.baselines)
    if (const std::size_t colon = name.find(':'); colon != name.npos)
      for (const auto& [key, value] : read_safetensors_header(name.substr(colon + 1)).metadata)
        report.facts.emplace_back(name + ": " + key, value);

  // Of an earlier report: its pictures would stand beside this one's.
  if (options.force)
    for (const char* folder : {"figures", "pictures"}) fs::remove_all(options.out / folder);
  write_pictures(options, report);
  const std::string json = report_json(report);
  write_file_atomically(options.out / "report.html", report_html(report), options.force);
  write_file_atomically(options.out / "report.json", json, options.force);

  for (const SetEvaluation& set : report.sets) say(options.common, verdict_line(set, targets_of(set)));
  say(options.common, "the report: " + (options.out / "report.html").string());
  nlohmann::ordered_json summary{{"command", "evaluate"}, {"report", options.out.string()}};
  for (const SetEvaluation& set : report.sets) {
    nlohmann::ordered_json one{
        {"set", set.set.name}, {"pictures", set.set.subjects.size()}, {"left_out", set.set.left_out}};
    for (const Target& target : targets_of(set))
      one["targets"].push_back({{"name", target.name},
                                {"measured", target.measured},
                                {"wanted", target.wanted},
                                {"reached", target.reached}});
    summary["sets"].push_back(std::move(one));
  }
  summary["problems"] = problems.count();
  add_memory(summary, *engine);
  print_summary(options.common, summary);
  return problems.exit_code();
}

}  // namespace

void add_evaluate(CLI::App& program, int& exit_code) {
  auto options = std::make_shared<EvaluateOptions>();
  CLI::App* command = add_command(program, "evaluate", "the paper's tables and figures for a model",
                                  "bauta evaluate photographs/ --model run --out report", options->common);
  add_precision(*command, options->common);
  command
      ->add_option(
          "DATA", options->inputs,
          "folders that bauta prepare wrote, or of photographs, or with a folder of photographs a person; "
          "each is a set of its own")
      ->required();
  command
      ->add_option("--out", options->out,
                   "folder for report.html, which shows the clear faces too, report.json and figures/")
      ->required();
  command->add_option(
      "--model", options->model,
      "folder with deid.safetensors and reid.safetensors or reid.locked; default: bauta's own");
  add_key_options(*command, options->key, "a locked Re-ID network");
  std::string known;
  for (const BaselineKind& kind : baseline_kinds()) known += std::string("\n") + kind.name + ": " + kind.what;
  command
      ->add_option("--baseline", options->baselines,
                   "judge this method on the same pictures too; may be repeated:" + known)
      ->delimiter(',');
  command->add_flag("--keep", options->keep,
                    "leave the pictures in OUT/pictures: original, deid and reid/NAME.png");
  command
      ->add_flag("--no-pictures", options->no_pictures,
                 "no faces in the report, and no figures/: it may be passed on")
      ->excludes("--keep");
  command->add_flag("--force", options->force, "replace what is there");
  command->add_option("--limit", options->sets.limit, "take the first N pictures of each set only; 0: all")
      ->check(CLI::Range(0, 1 << 30))
      ->capture_default_str();
  command
      ->add_option("--damaged", options->damaged,
                   "of so many pictures De-ID is damaged in eight ways before Re-ID; 0: none")
      ->check(CLI::Range(0, 1 << 30))
      ->capture_default_str();
  command
      ->add_option("--size", options->sets.size,
                   "side of the pictures, for networks that do not tell; default: 256")
      ->check(CLI::Range(1, 1 << 14));
  add_evaluation_set_options(*command, options->sets);
  command->callback([options, &exit_code] { exit_code = evaluate(*options); });
}

}  // namespace bauta
