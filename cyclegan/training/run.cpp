#include "cyclegan/training/run.h"

#include <zlib.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>

#include "cyclegan/networks/pictures.h"
#include "cyclegan/networks/weight_file.h"
#include "cyclegan/training/batch_loader.h"
#include "cyclegan/training/checkpoint.h"
#include "cyclegan/version.h"
#include "io/atomic_file.h"
#include "io/file_error.h"
#include "io/image.h"
#include "io/input_file.h"
#include "kernels/check.h"

namespace bauta {

namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kMaxLogBytes = std::uint64_t{1} << 30;

fs::path checkpoint_folder(const fs::path& folder) { return folder / "checkpoint"; }
fs::path log_path(const fs::path& folder) { return folder / "log.jsonl"; }
fs::path samples_folder(const fs::path& folder) { return folder / "samples"; }

fs::path weights_path(const fs::path& folder, const char* network) {
  return folder / (std::string(network) + ".safetensors");
}

// Everything that a run has written and would write again; nothing that somebody else put there.
std::vector<fs::path> files_of_run(const fs::path& folder) {
  std::vector<fs::path> found;
  for (const fs::path& file : {TrainingRun::config_path(folder), log_path(folder),
                               weights_path(folder, "deid"), weights_path(folder, "reid")})
    if (fs::exists(file)) found.push_back(file);
  for (const fs::path& checkpoint : checkpoints_in(checkpoint_folder(folder))) found.push_back(checkpoint);
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(samples_folder(folder), none)) {
    const std::string stem = entry.path().stem().string();
    if (entry.path().extension() == ".png" && stem.find_first_not_of("0123456789") == std::string::npos)
      found.push_back(entry.path());
  }
  return found;
}

void make_folder(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error)
    throw FileError(folder, "cannot make the folder (" + error.message() + ")", "choose another --out");
}

// Tells one dataset from another by its pictures' names and faces.
std::uint32_t fingerprint(const Dataset& dataset) {
  uLong sum = crc32(0, nullptr, 0);
  auto add = [&sum](const std::string& text) {
    sum = crc32_z(sum, reinterpret_cast<const Bytef*>(text.c_str()), text.size() + 1);
  };
  for (const auto& files : {dataset.clear_files, dataset.mosaic_files})
    for (const fs::path& file : files) add(file.filename().string());
  for (const DatasetEntry& entry : dataset.entries)
    if (entry.face)
      for (int number : {entry.face->x, entry.face->y, entry.face->width, entry.face->height, entry.block})
        add(std::to_string(number));
  return static_cast<std::uint32_t>(sum);
}

// Drops what was logged after a step: a resumed run logs it again.
void cut_log(const fs::path& path, std::int64_t last_step) {
  if (!fs::exists(path)) return;
  std::istringstream lines(read_file(path, kMaxLogBytes));
  std::string kept, line;
  while (std::getline(lines, line)) {
    const auto entry = nlohmann::json::parse(line, nullptr, false);
    if (entry.is_object() && entry.value("step", last_step + 1) <= last_step) kept += line + "\n";
  }
  write_file_atomically(path, kept, true);
}

void append_line(const fs::path& path, const std::string& line) {
  std::ofstream file(path, std::ios::app);
  file << line << '\n' << std::flush;
  if (!file)
    throw FileError(path, "cannot be written", "free some space on the disk and go on with --resume");
}

LogEntry read_losses(const StepLosses& losses) {
  LogEntry entry;
  auto add = [&entry](const char* name, const Tensor& loss) {
    if (loss) entry.losses.emplace_back(name, loss.item());
  };
  add("G_adv", losses.G_adv);
  add("F_adv", losses.F_adv);
  add("cycle_X", losses.cycle_X);
  add("cycle_Y", losses.cycle_Y);
  add("ssim_X", losses.ssim_X);
  add("unlike_X", losses.unlike_X);
  add("identity_X", losses.identity_X);
  add("identity_Y", losses.identity_Y);
  add("paired", losses.paired);
  add("D_X", losses.D_X);
  add("D_Y", losses.D_Y);
  return entry;
}

}  // namespace

std::string LogEntry::json() const {
  nlohmann::ordered_json json;
  json["step"] = step;
  json["epoch"] = epoch;
  json["lr"] = learning_rate;
  for (const auto& [name, value] : losses) json[name] = value;
  json["images_per_s"] = images_per_s;
  return json.dump();
}

void TrainingRun::create(const fs::path& folder, const TrainingConfig& config, const fs::path& data_folder,
                         const TrainingData& data, bool replace) {
  check_config(config);
  const std::vector<fs::path> old = files_of_run(folder);
  if (!old.empty() && !replace)
    throw FileError(folder,
                    fs::exists(config_path(folder))
                        ? "there is a run in it"
                        : "there is already " + old.front().filename().string() + " in it",
                    "pass --resume to go on with a run, --force to start it over, or another --out");
  make_folder(folder);
  // The configuration goes first and comes last: without it there is no run to resume half of.
  for (const fs::path& file : old) remove_file(file);
  write_run_config(config_path(folder), {config, data_folder.string(), fingerprint(data.dataset())});
}

TrainingRun::TrainingRun(Engine& engine, RunOptions options, const TrainingData& data,
                         std::vector<std::string>& damaged, const IdentityNetwork* judge)
    : TrainingRun(engine, options, read_run_config(config_path(options.folder)), data, damaged, judge) {}

TrainingRun::TrainingRun(Engine& engine, RunOptions options, const RunConfig& config,
                         const TrainingData& data, std::vector<std::string>& damaged,
                         const IdentityNetwork* judge)
    : engine_(engine),
      options_(std::move(options)),
      data_(data),
      data_name_(config.data),
      trainer_(engine, config.training, judge) {
  BAUTA_CHECK(engine.precision() == config.training.precision, "the engine computes in ", engine.precision(),
              ", the run in ", config.training.precision);
  if (config.data_fingerprint != fingerprint(data.dataset()))
    throw FileError(options_.folder, "the run was started with other data (" + data_name_ + ")",
                    "pass the folder it was started with");
  if (load_newest_checkpoint(checkpoint_folder(options_.folder), trainer_, damaged).empty())
    trainer_.initialize();
  cut_log(log_path(options_.folder), trainer_.steps_done());
  make_folder(checkpoint_folder(options_.folder));
  make_folder(samples_folder(options_.folder));
}

void TrainingRun::go(const std::function<bool()>& stop, const std::function<void(const LogEntry*)>& on_step) {
  using Clock = std::chrono::steady_clock;
  const TrainingConfig& config = trainer_.config();
  const std::int64_t per_epoch = data_.steps_per_epoch(config.batch);
  auto logged_at = Clock::now();
  std::int64_t logged_step = trainer_.steps_done();
  // A run killed between its checkpoint and its weight files left these behind, or lost them.
  if (trainer_.steps_done() > 0) save_weights();
  bool saved = trainer_.steps_done() > 0;
  BatchLoader loader(engine_, data_, config, trainer_.steps_done());
  while (!finished() && !stop()) {
    const std::int64_t step = trainer_.steps_done();
    const StepLosses losses = trainer_.step(loader.next());
    const std::int64_t done = step + 1;
    saved = false;
    if (done % options_.log_every == 0 || finished()) {
      LogEntry entry = read_losses(losses);
      entry.step = done;
      entry.epoch = step / per_epoch + 1;
      entry.learning_rate = learning_rate_at(config, step);
      const double seconds = std::chrono::duration<double>(Clock::now() - logged_at).count();
      entry.images_per_s = static_cast<double>((done - logged_step) * config.batch) / std::max(seconds, 1e-9);
      logged_at = Clock::now();
      logged_step = done;
      append_line(log_path(options_.folder), entry.json());
      on_step(&entry);
    } else {
      on_step(nullptr);
    }
    if (done % options_.sample_every == 0 || finished()) write_samples();
    if (done % options_.checkpoint_every == 0 || finished()) {
      save();
      saved = true;
    }
  }
  if (!saved) save();
}

void TrainingRun::save() {
  save_checkpoint(checkpoint_folder(options_.folder), trainer_);
  save_weights();
}

void TrainingRun::save_weights() {
  std::map<std::string, std::string> provenance{{"steps", std::to_string(trainer_.steps_done())},
                                                {"seed", std::to_string(trainer_.config().seed)},
                                                {"loss", to_string(trainer_.config().loss)},
                                                {"data", data_name_},
                                                {"bauta", kVersion},
                                                {"commit", kCommit}};
  if (trainer_.config().average > 0) provenance["average"] = settings(trainer_.config()).at("average");
  const Dataset& dataset = data_.dataset();
  const auto [deid, reid] = trainer_.outcome();
  save_generator(weights_path(options_.folder, "deid"), deid, dataset.size, dataset.blocks, provenance);
  save_generator(weights_path(options_.folder, "reid"), reid, dataset.size, dataset.blocks, provenance);
}

// A picture at a time; on a card, where a recorded step keeps its own, in memory that goes back.
void TrainingRun::write_samples() {
  constexpr std::size_t kPictures = 8;
  const NoGrad inference(engine_);
  std::optional<OwnArena> arena;
  if (engine_.kernels().graphs) arena.emplace(engine_);
  const auto [G, F] = trainer_.outcome();
  const int size = data_.dataset().size;
  const auto count = static_cast<int>(std::min(kPictures, data_.dataset().clear_files.size()));
  Image sheet = blank_image(count * size, 3 * size);
  for (int n = 0; n < count; ++n) {
    const TrainingBatch one = data_.sample(engine_, static_cast<std::size_t>(n));
    const Tensor deid = round_to_8_bits(G(one.x, one.x_faces));
    const Tensor reid = F(deid, one.x_faces);
    int row = 0;
    for (const Tensor& picture : {one.x, deid, reid})
      paste(sheet, to_image(picture, 0), n * size, row++ * size);
  }
  // What the average's networks keep for a size would keep the memory; the latest's are the steps' own.
  if (&G != &trainer_.latest().deid)
    for (const Generator* generator : {&G, &F}) generator->forget_sizes();
  write_png(samples_folder(options_.folder) / (std::to_string(trainer_.steps_done()) + ".png"), sheet, {},
            true);
}

}  // namespace bauta
