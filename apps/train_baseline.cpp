// bauta train-baseline: teaches one of the networks that the paper's method is compared with.
#include <csignal>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "apps/command.h"
#include "apps/files.h"
#include "cyclegan/baselines/teacher.h"
#include "cyclegan/version.h"
#include "io/atomic_file.h"

namespace bauta {

namespace {

volatile std::sig_atomic_t interrupted = 0;

struct TrainBaselineOptions {
  CommonOptions common;
  std::string kind;
  std::filesystem::path data, out;
  BaselineTraining training;
  bool force = false;
};

using NamedLosses = std::vector<std::pair<const char*, float>>;

NamedLosses read_losses(const BaselineTeacher::Losses& losses) {
  NamedLosses read;
  const auto add = [&read](const char* name, const Tensor& loss) {
    if (loss) read.emplace_back(name, loss.item());
  };
  add("restored", losses.restored);
  add("hidden", losses.hidden);
  add("different", losses.different);
  add("wrong", losses.wrong);
  add("adversarial", losses.adversarial);
  add("discriminator", losses.discriminator);
  return read;
}

std::string losses_text(const NamedLosses& losses) {
  std::string text;
  char part[64];
  for (const auto& [name, value] : losses) {
    std::snprintf(part, sizeof part, "%s%s %.4f", text.empty() ? "" : ", ", name, static_cast<double>(value));
    text += part;
  }
  return text;
}

int train_baseline(TrainBaselineOptions& options) {
  BaselineTraining& training = options.training;
  training.kind = learned_kind(options.kind);
  training.seed = options.common.seed;
  if (!options.force) require_absent(options.out);
  const auto engine = make_engine(options.common);
  const TrainingData data(options.data, true);
  BaselineTeacher teacher(*engine, training);

  std::signal(SIGINT, [](int) { interrupted = 1; });
  std::signal(SIGTERM, [](int) { interrupted = 1; });
  Progress progress(options.common, "steps", training.steps);
  constexpr std::int64_t kReadEvery = 50;  // steps: reading a loss waits for it
  NamedLosses last;
  std::string detail;
  train_baseline(
      teacher, *engine, training, data, [] { return interrupted != 0; },
      [&](const BaselineTeacher::Losses& losses) {
        if (teacher.steps_done() % kReadEvery == 0 || teacher.steps_done() == training.steps) {
          last = read_losses(losses);
          detail = losses_text(last);
        }
        progress.advance(1, detail);
      });
  progress.interrupt();
  const bool finished = teacher.steps_done() == training.steps;
  // Only what is complete gets the name that was asked for.
  const std::filesystem::path written =
      finished ? options.out : std::filesystem::path(options.out).concat(".stopped");
  save_learned(written, teacher.networks(),
               {{"steps", std::to_string(teacher.steps_done())},
                {"seed", std::to_string(training.seed)},
                {"size", std::to_string(data.dataset().size)},
                {"data", options.data.string()},
                {"bauta", kVersion},
                {"commit", kCommit}});
  say(options.common, written.string() + ": " + losses_text(last));
  Problems problems;
  if (!finished)
    problems.report(options.out.string() + ": stopped after step " + std::to_string(teacher.steps_done()) +
                    " of " + std::to_string(training.steps) + ", what it had learned is in " +
                    written.string() + "; train it again for the whole length");
  nlohmann::ordered_json summary{{"command", "train-baseline"},
                                 {"baseline", options.kind},
                                 {"output", written.string()},
                                 {"steps", teacher.steps_done()},
                                 {"finished", finished}};
  for (const auto& [name, value] : last) summary["last"][name] = value;
  add_memory(summary, *engine);
  print_summary(options.common, summary);
  return problems.exit_code();
}

}  // namespace

void add_train_baseline(CLI::App& program, int& exit_code) {
  auto options = std::make_shared<TrainBaselineOptions>();
  BaselineTraining& training = options->training;
  CLI::App* command =
      add_command(program, "train-baseline", "train a network that bauta's are compared with",
                  "bauta train-baseline password data --out password.safetensors", options->common);
  command
      ->add_option(
          "KIND", options->kind,
          "password: one network and a password (Gu et al. 2020); uunet: a public network that hides "
          "and a private one that restores (Proenca 2022)")
      ->check(CLI::IsMember({"password", "uunet"}))
      ->required();
  command->add_option("DATA", options->data, "the folder that bauta prepare wrote")->required();
  command->add_option("--out", options->out, "file for the weights (safetensors)")->required();
  command->add_flag("--force", options->force, "replace the file in --out");
  const auto option = [&](const char* flag, auto& value, const char* what, const CLI::Validator& check) {
    command->add_option(flag, value, what)->check(check)->capture_default_str();
  };
  const CLI::Range channels(1, 512);
  const CLI::Validator weight = between(0, 1e6);
  option("--steps", training.steps, "length of the training in steps",
         CLI::Range(std::int64_t{1}, std::int64_t{1} << 40));
  option("--batch", training.batch, "pictures a step", CLI::Range(1, 1024));
  option("--ngf", training.ngf, "channels of a network at full size", channels);
  option("--ndf", training.ndf, "channels of the discriminator's first convolution", channels);
  option("--lr", training.learning_rate, "learning rate of Adam", between(0, 1));
  option("--restored", training.restored, "weight of what comes back", weight);
  option("--hidden", training.hidden, "weight of what is left of the face", weight);
  option("--different", training.different, "password: weight of what two of them have in common", weight);
  option("--wrong", training.wrong, "password: weight of what a wrong one brings back", weight);
  option("--adversarial", training.adversarial, "weight of the discriminator's verdict", weight);
  command->callback([options, &exit_code] { exit_code = train_baseline(*options); });
}

}  // namespace bauta
