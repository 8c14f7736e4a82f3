// A training run and the folder it lives in:
//
//   config.json                       what was asked (TrainingConfig) and of which data
//   checkpoint/step-*.safetensors     the last two checkpoints (checkpoint.h)
//   log.jsonl                         an object a logged step
//   samples/STEP.png                  rows: clear, De-ID, Re-ID
//   deid.safetensors, reid.safetensors   the generators, or their average, as of the last checkpoint
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "cyclegan/training/run_config.h"
#include "cyclegan/training/trainer.h"
#include "cyclegan/training/training_data.h"

namespace bauta {

// One line of log.jsonl.
struct LogEntry {
  std::int64_t step = 0;   // steps done, from 1
  std::int64_t epoch = 0;  // from 1
  float learning_rate = 0;
  std::vector<std::pair<std::string, float>> losses;
  double images_per_s = 0;

  std::string json() const;
};

struct RunOptions {
  std::filesystem::path folder;
  std::int64_t log_every = 10, checkpoint_every = 500, sample_every = 500;  // steps
};

class TrainingRun {
 public:
  static std::filesystem::path config_path(const std::filesystem::path& folder) {
    return folder / "config.json";
  }

  // Prepares the folder of a new run. Throws FileError if there is a run in it, or a file that a run would
  // write, and `replace` is not set; with it, those files are removed and no others.
  static void create(const std::filesystem::path& folder, const TrainingConfig& config,
                     const std::filesystem::path& data_folder, const TrainingData& data, bool replace);

  // judge: for a run with config.likeness; else it is not looked at.
  // The run in options.folder, at its newest whole checkpoint or at the start if it has none. Lines about
  // damaged checkpoints are added to `damaged`. Throws FileError when there is no run, when none of its
  // checkpoints is whole, or when `data` is not what it was started with; CheckError when the engine
  // computes otherwise than the run does (TrainingConfig::precision).
  TrainingRun(Engine& engine, RunOptions options, const TrainingData& data, std::vector<std::string>& damaged,
              const IdentityNetwork* judge = nullptr);

  // Trains to the end, or until stop() is true, which is asked after each step; leaves a checkpoint either
  // way. on_step is told of every step; its entry is null where the step is not logged.
  void go(const std::function<bool()>& stop, const std::function<void(const LogEntry*)>& on_step);

  std::int64_t steps_done() const { return trainer_.steps_done(); }
  bool finished() const { return trainer_.steps_done() >= trainer_.config().steps; }
  const TrainingConfig& config() const { return trainer_.config(); }

 private:
  TrainingRun(Engine& engine, RunOptions options, const RunConfig& config, const TrainingData& data,
              std::vector<std::string>& damaged, const IdentityNetwork* judge);
  void save();
  void save_weights();
  void write_samples();

  Engine& engine_;
  RunOptions options_;
  const TrainingData& data_;
  std::string data_name_;
  Trainer trainer_;
};

}  // namespace bauta
