// bauta train: teaches a De-ID and a Re-ID network on a dataset of bauta prepare.
#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "apps/command.h"
#include "apps/files.h"
#include "apps/interruption.h"
#include "cyclegan/faces/facenet.h"
#include "cyclegan/keyed/lattice.h"
#include "cyclegan/training/run.h"
#include "cyclegan/training/settings.h"
#include "io/file_error.h"

namespace bauta {

namespace {

constexpr const char *kOpenChannel = "open", *kKeyedChannel = "keyed";

struct TrainOptions {
  CommonOptions common;
  std::filesystem::path data;
  std::filesystem::path facenet;
  RunOptions run;
  TrainingConfig config;
  std::string generator = to_string(GeneratorKind::Reference);
  std::string channel = kOpenChannel;
  std::string loss = to_string(AdversarialLoss::LeastSquares);
  std::int64_t epochs = 250;
  bool resume = false, force = false;
  // The options that shape the run, by their names in config.json.
  std::vector<std::pair<std::string, CLI::Option*>> shaping;
};

// --resume goes on with what the run was started with: an option that says otherwise is refused, not ignored,
// and the engine computes as the run's did.
void resume_as_started(TrainOptions& options, const TrainingConfig& wanted) {
  const auto path = TrainingRun::config_path(options.run.folder);
  const TrainingConfig started = read_run_config(path).training;
  const auto stored = settings(started), given = settings(wanted);
  for (const auto& [name, option] : options.shaping)
    if (option->count() > 0 && stored.at(name) != given.at(name))
      throw FileError(path,
                      "the run was started with " + option->get_name() + " " + stored.at(name) + ", not " +
                          given.at(name),
                      "leave the option out to go on with it");
  options.common.precision = precision_name(started.precision);
  options.common.tf32 = started.tf32;
  options.common.instead_of_bf16 = "go on with this run where there is one";
}

// What likeness is measured with; null where the run, new or resumed, does not measure it.
std::unique_ptr<const IdentityNetwork> judge_of(const TrainOptions& options, Engine& engine) {
  const float weight = options.resume
                           ? read_run_config(TrainingRun::config_path(options.run.folder)).training.likeness
                           : options.config.likeness;
  if (weight > 0 && options.facenet.empty())
    throw std::runtime_error(
        "--likeness: there is no network to judge it; pass --facenet FILE, which "
        "scripts/fetch_networks writes");
  if (weight <= 0 && !options.facenet.empty())
    throw std::runtime_error("--facenet: the run does not measure likeness; leave it out or pass --likeness");
  if (weight <= 0) return nullptr;
  return std::make_unique<FaceNet>(engine, options.facenet);
}

std::string losses_text(const LogEntry& entry) {
  std::string text = "epoch " + std::to_string(entry.epoch);
  char part[64];
  for (const auto& [name, value] : entry.losses) {
    std::snprintf(part, sizeof part, ", %s %.4f", name.c_str(), static_cast<double>(value));
    text += part;
  }
  std::snprintf(part, sizeof part, ", %.3g images/s", entry.images_per_s);
  return text + part;
}

// Options that mean nothing where nobody sees De-ID; and what else is usual there.
void fit_to_channel(const CLI::App& command, TrainOptions& options) {
  if (options.channel != kKeyedChannel) return;
  for (const char* name : {"--generator", "--ndf", "--companding-levels", "--composite", "--loss",
                           "--adversarial-deid", "--adversarial-reid", "--likeness", "--facenet",
                           "--identity", "--paired", "--noise", "--loop-noise", "--quantize", "--pool"})
    if (command.count(name) > 0)
      throw CLI::ValidationError(name,
                                 "means nothing with --channel keyed: its networks are taught by their "
                                 "cycle alone; leave it out");
  TrainingConfig& config = options.config;
  config.composite = true;
  config.adversarial_deid = config.adversarial_reid = 0;
  config.ndf = 1;  // of discriminators that nobody asks
  if (command.count("--ngf") == 0) config.ngf = 32;
  if (command.count("--blocks") == 0) config.residual_blocks = 4;
  if (command.count("--residual-levels") == 0) config.residual_levels = 7;
  const float k = config.residual_levels;
  if (k != std::floor(k) || k > kLargestResidual)
    throw CLI::ValidationError("--residual-levels", "with --channel keyed it is a whole number up to " +
                                                        std::to_string(kLargestResidual));
}

int train(TrainOptions& options) {
  TrainingConfig& config = options.config;
  config.generator =
      options.channel == kKeyedChannel ? GeneratorKind::Keyed : generator_kind(options.generator);
  config.loss = adversarial_loss(options.loss);
  config.seed = options.common.seed;
  if (config.generator == GeneratorKind::Bounded) config.composite = config.quantize = true;

  config.precision = precision_by_name(options.common.precision);
  config.tf32 = options.common.tf32;

  if (config.precision == DType::BFloat16 && config.loss == AdversarialLoss::WassersteinGp)
    throw std::runtime_error(
        "--loss wgan-gp takes second derivatives, for which bf16 is too coarse; use --precision f32");
  const TrainingData data(options.data, config.needs_boxes());
  if (config.steps == 0) config.steps = options.epochs * data.steps_per_epoch(config.batch);
  if (options.resume) resume_as_started(options, config);
  const auto engine = make_engine(options.common);
  const auto judge = judge_of(options, *engine);
  if (!options.resume) TrainingRun::create(options.run.folder, config, options.data, data, options.force);
  std::vector<std::string> damaged;
  TrainingRun run(*engine, options.run, data, damaged, judge.get());
  Problems problems;
  for (const std::string& line : damaged) problems.report(line);
  if (options.resume) say(options.common, "going on after step " + std::to_string(run.steps_done()));

  const Interruption interruption;
  Progress progress(options.common, "steps", run.config().steps, run.steps_done());
  std::string detail;
  LogEntry last;
  run.go(Interruption::asked, [&](const LogEntry* entry) {
    if (entry) {
      last = *entry;
      detail = losses_text(*entry);
    }
    progress.advance(1, detail);
  });
  progress.interrupt();
  say(options.common, "memory: " + std::to_string(engine->memory().most_used >> 20) + " MiB at most, " +
                          std::to_string(engine->memory().held >> 20) + " MiB held");
  if (!run.finished())
    problems.report(options.run.folder.string() + ": stopped after step " + std::to_string(run.steps_done()) +
                    " of " + std::to_string(run.config().steps) + "; pass --resume to go on");
  if (options.common.json) {
    nlohmann::ordered_json summary;
    summary["command"] = "train";
    summary["run"] = options.run.folder.string();
    summary["steps"] = run.steps_done();
    summary["finished"] = run.finished();
    summary["last"] = last.step > 0 ? nlohmann::ordered_json::parse(last.json()) : nlohmann::ordered_json();
    add_memory(summary, *engine);
    print_summary(options.common, summary);
  }
  return run.finished() ? 0 : 1;
}

}  // namespace

void add_train(CLI::App& program, int& exit_code) {
  auto options = std::make_shared<TrainOptions>();
  TrainingConfig& config = options->config;
  CLI::App* command =
      add_command(program, "train", "train the two generators and the two discriminators",
                  "bauta train data --out run --generator bounded --ngf 32 --ndf 32 --blocks 6 \\\n"
                  "      --adversarial-deid 0.1 --adversarial-reid 0.1 --steps 12000",
                  options->common);
  command->add_option("DATA", options->data, "the folder that bauta prepare wrote")->required();
  command->add_option("--out", options->run.folder, "folder of the run")->required();
  command->add_flag("--resume", options->resume, "go on with the run in --out, exactly");
  command->add_flag("--force", options->force, "start the run in --out over")->excludes("--resume");

  // value: a number or a switch of settings.h by its name there.
  auto shape = [&]<class T>(const std::string& flag, const std::string& name, T& value,
                            const std::string& what) {
    CLI::Option* option;
    if constexpr (std::is_same_v<T, bool>) {
      option = command->add_flag(flag, value, what);
    } else {
      const Bounds bounds = bounds_of(name);
      option = command->add_option(flag, value, what)->capture_default_str();
      if constexpr (std::is_floating_point_v<T>)
        option->check(between(bounds.low, bounds.high));
      else
        option->check(CLI::Range(static_cast<T>(bounds.low), static_cast<T>(bounds.high)));
    }
    options->shaping.emplace_back(name, option);
    return option;
  };
  auto choose = [&](const std::string& flag, const std::string& name, std::string& value,
                    const std::vector<std::string>& choices, const std::string& what) {
    options->shaping.emplace_back(
        name, command->add_option(flag, value, what)->check(CLI::IsMember(choices))->capture_default_str());
  };
  options->shaping.emplace_back("seed", command->get_option("--seed"));
  const auto at_least_one = CLI::Range(1, 1 << 20);
  options->shaping.emplace_back("steps",
                                command->add_option("--epochs", options->epochs, "passes over the pictures")
                                    ->check(at_least_one)
                                    ->capture_default_str());
  shape("--steps", "steps", config.steps, "length of the run in steps, instead of --epochs")
      ->default_str("by --epochs");
  shape("--batch", "batch", config.batch, "pictures of each set a step");
  shape("--ngf", "ngf", config.ngf, "channels of the generators' first convolution");
  shape("--ndf", "ndf", config.ndf, "channels of the discriminators' first convolution");
  shape("--blocks", "residual_blocks", config.residual_blocks, "residual blocks of a generator");
  choose("--generator", "generator", options->generator, {"reference", "skip", "bounded"},
         "reference: the paper's; skip: keeps brightness; bounded: pixelated by construction (with "
         "--composite and --quantize)");
  choose("--channel", "generator", options->channel, {kOpenChannel, kKeyedChannel},
         "open: De-ID is what is published; keyed: the networks write and read what lies under the cipher of "
         "deid --code network");
  shape("--residual-levels", "residual_levels", config.residual_levels,
        "bounded and keyed: how far De-ID may leave the block colours, grey levels (keyed: 7)");
  shape("--companding-levels", "companding_levels", config.companding_levels,
        "bounded: from where on differences are kept coarsely, grey levels");
  shape("--composite", "composite", config.composite,
        "only the face box is the network's, the rest the photograph's own");
  choose("--loss", "loss", options->loss, {"lsgan", "log", "wgan-gp"}, "the adversarial loss");
  shape("--adversarial-deid", "adversarial_deid", config.adversarial_deid,
        "weight of De-ID's adversarial term");
  shape("--adversarial-reid", "adversarial_reid", config.adversarial_reid,
        "weight of Re-ID's adversarial term");
  shape("--lambda", "lambda", config.lambda, "weight of the cycle terms");
  shape("--ssim", "ssim", config.ssim, "weight of 1 - SSIM of the restored picture to the clear one");
  shape("--likeness", "likeness", config.likeness,
        "weight of 1 - cosine of FaceNet's embeddings of the restored and the clear face; needs --facenet");
  command->add_option(
      "--facenet", options->facenet,
      "FaceNet's weights, for --likeness, also to --resume: facenet.safetensors of scripts/fetch_networks");
  shape("--identity", "identity", config.identity, "weight, times lambda, of the identity terms");
  shape("--paired", "paired", config.paired, "weight of the L1 distance to the known mosaic");
  shape("--noise", "noise", config.noise, "deviation of noise on what discriminators see, of the half range");
  shape("--loop-noise", "loop_noise", config.loop_noise,
        "deviation of noise on De-ID before Re-ID reads it, grey levels: to restore what was mildly damaged");
  shape("--quantize", "quantize", config.quantize, "round De-ID to 8 bits before Re-ID, as files do");
  shape("--pool", "pool", config.pool, "fake pictures remembered for the discriminators");
  shape("--lr", "learning_rate", config.learning_rate, "learning rate of Adam");
  shape("--decay-from", "decay_from", config.decay_from,
        "fraction of the run after which the rate falls to zero");
  shape("--average", "average", config.average,
        "decay of the generators' moving average, which is then what the run writes; 0: the last weights");
  shape("--mirror,!--no-mirror", "mirror", config.mirror, "mirror half of the pictures (default)");
  add_precision(*command, options->common);
  for (const char* name : {"precision", "tf32"})
    options->shaping.emplace_back(name, command->get_option(std::string("--") + name));
  command
      ->add_option("--lanes", options->common.lanes,
                   "on a card: 2 runs both cycles side by side, 1 one after the other in less memory")
      ->check(CLI::Range(1, 2))
      ->capture_default_str();
  command->add_option("--log-every", options->run.log_every, "a line in log.jsonl every so many steps")
      ->check(at_least_one)
      ->capture_default_str();
  command
      ->add_option("--checkpoint-every", options->run.checkpoint_every,
                   "a checkpoint, and the networks so far, every so many steps")
      ->check(at_least_one)
      ->capture_default_str();
  command
      ->add_option("--sample-every", options->run.sample_every,
                   "a sheet of pictures in samples/ every so many steps")
      ->check(at_least_one)
      ->capture_default_str();
  command->callback([options, command, &exit_code] {
    fit_to_channel(*command, *options);
    exit_code = train(*options);
  });
}

}  // namespace bauta
