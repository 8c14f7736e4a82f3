// Runs and their folder: resuming, damaged checkpoints, weight files.
#include <fstream>

#include "cyclegan/networks/weight_file.h"
#include "cyclegan/training/checkpoint.h"
#include "io/file_error.h"
#include "io/input_file.h"
#include "kernels/check.h"
#include "tests/cyclegan/workshop.h"

namespace bauta::test {

namespace {

// Trains until `last_step`, as if killed there: nothing is saved that was not before.
void train_until(const Workshop& workshop, const std::string& run, std::int64_t last_step, bool resume,
                 int threads = 2) {
  Engine engine(*available_backends().front(), threads);
  const TrainingConfig config = small_config();
  const TrainingData data(workshop.data(), true);
  if (!resume) TrainingRun::create(workshop.run(run), config, workshop.data(), data, false);
  std::vector<std::string> damaged;
  TrainingRun training(engine, options_for(workshop.run(run)), data, damaged);
  struct Killed {};
  try {
    training.go([] { return false; },
                [&](const LogEntry*) {
                  if (training.steps_done() == last_step && last_step < config.steps) throw Killed();
                });
  } catch (const Killed&) {
  }
}

std::string weights_of(const Workshop& workshop, const std::string& run, const std::string& file) {
  return read_file(workshop.run(run) / file, 1 << 26);
}

std::string losses_of(const Workshop& workshop, const std::string& run) {
  std::istringstream lines(read_file(workshop.run(run) / "log.jsonl", 1 << 20));
  std::string all, line;
  while (std::getline(lines, line)) all += line.substr(0, line.find("\"images_per_s\"")) + "\n";
  return all;
}

}  // namespace

TEST_CASE("a run that was killed and resumed equals one that never stopped, bit for bit") {
  const Workshop workshop;
  train_until(workshop, "whole", 12, false);
  train_until(workshop, "killed", 7, false);     // the checkpoint is at 4
  train_until(workshop, "killed", 10, true, 1);  // and again, on another number of threads
  train_until(workshop, "killed", 12, true);
  CHECK(weights_of(workshop, "whole", "deid.safetensors") ==
        weights_of(workshop, "killed", "deid.safetensors"));
  CHECK(weights_of(workshop, "whole", "reid.safetensors") ==
        weights_of(workshop, "killed", "reid.safetensors"));
  CHECK(weights_of(workshop, "whole", "checkpoint/step-00000012.safetensors") ==
        weights_of(workshop, "killed", "checkpoint/step-00000012.safetensors"));
  CHECK(losses_of(workshop, "whole") == losses_of(workshop, "killed"));
  CHECK(fs::exists(workshop.run("whole") / "samples" / "12.png"));

  // What is handed out is the average, and says so.
  const SafetensorsFile deid = read_safetensors(workshop.run("whole") / "deid.safetensors");
  CHECK(deid.metadata.at("average") == "0.75");

  // A checkpoint holds the discriminators under the reference's names and shapes, for whoever wants them.
  const auto checkpoint =
      read_safetensors(workshop.run("whole") / "checkpoint" / "step-00000012.safetensors");
  CHECK(checkpoint.tensors.at("D_Y.model.2.weight").shape == std::vector<std::int64_t>{4, 2, 4, 4});
  CHECK(checkpoint.tensors.at("G.model.4.weight").values != deid.tensors.at("model.4.weight").values);
}

TEST_CASE("a damaged checkpoint is named and the one before it is used") {
  const Workshop workshop;
  train_until(workshop, "run", 12, false);
  const fs::path newest = workshop.run("run") / "checkpoint" / "step-00000012.safetensors";
  const fs::path before = workshop.run("run") / "checkpoint" / "step-00000008.safetensors";
  CHECK(fs::exists(before));
  CHECK_FALSE(fs::exists(workshop.run("run") / "checkpoint" / "step-00000004.safetensors"));

  auto damage = [](const fs::path& path, bool truncate) {
    std::string bytes = read_file(path, 1 << 26);
    if (truncate)
      bytes.resize(bytes.size() / 2);
    else
      bytes[bytes.size() - 100] = static_cast<char>(bytes[bytes.size() - 100] ^ 1);  // one bit of one weight
    std::ofstream(path, std::ios::binary) << bytes;
  };
  const TrainingData data(workshop.data(), true);
  for (bool truncate : {false, true}) {
    damage(newest, truncate);
    Engine engine;
    std::vector<std::string> damaged;
    const TrainingRun run(engine, options_for(workshop.run("run")), data, damaged);
    CHECK(run.steps_done() == 8);
    REQUIRE(damaged.size() == 1);
    CHECK(damaged[0].find("step-00000012.safetensors") != std::string::npos);
  }
  damage(before, true);
  Engine engine;
  std::vector<std::string> damaged;
  CHECK_THROWS_AS(TrainingRun(engine, options_for(workshop.run("run")), data, damaged), FileError);
}

TEST_CASE("a run is not started over by mistake, nor resumed with other data") {
  const Workshop workshop, other(4);
  train_until(workshop, "run", 2, false);
  const TrainingData data(workshop.data(), true), other_data(other.data(), true);
  CHECK_THROWS_AS(TrainingRun::create(workshop.run("run"), small_config(), workshop.data(), data, false),
                  FileError);
  Engine engine;
  std::vector<std::string> damaged;
  CHECK_THROWS_AS(TrainingRun(engine, options_for(workshop.run("run")), other_data, damaged), FileError);
  CHECK_THROWS_AS(TrainingRun(engine, options_for(workshop.run("nothing here")), data, damaged), FileError);
  const TrainingConfig read = read_run_config(TrainingRun::config_path(workshop.run("run"))).training;
  CHECK(settings(read) == settings(small_config()));
}

TEST_CASE("training data: every picture once an epoch, unpaired, the same again by seed") {
  const Workshop workshop(7);
  const TrainingData data(workshop.data(), true);
  Engine engine;
  TrainingConfig config = small_config();
  config.mirror = false;
  CHECK(data.steps_per_epoch(1) == 7);
  std::vector<std::vector<float>> x, y;
  for (std::int64_t step = 0; step < 7; ++step) {
    const TrainingBatch batch = to_batch(engine, data.read(step, config));
    CHECK(*batch.x_faces.data() == MosaicBox{6, 5, 20, 20, 5});
    x.push_back(batch.x.values());
    y.push_back(batch.y.values());
  }
  std::sort(x.begin(), x.end());
  std::sort(y.begin(), y.end());
  CHECK(std::unique(x.begin(), x.end()) == x.end());
  CHECK(std::unique(y.begin(), y.end()) == y.end());
  CHECK(to_batch(engine, data.read(3, config)).x.values() ==
        to_batch(engine, data.read(3, config)).x.values());

  // Mirrored pictures keep their box: the mosaic stays where the box is.
  config.mirror = true;
  for (std::int64_t step = 0; step < 14; ++step) {
    const TrainingBatch batch = to_batch(engine, data.read(step, config));
    check_close(mosaic(batch.y, batch.y_faces).values(), batch.y.values(), {1.0 / 127.5, 0},
                "mirrored mosaic");
  }
}

TEST_CASE("a generator goes through a file unchanged, and strangers' files are refused") {
  const Workshop workshop;
  train_until(workshop, "run", 12, false);
  const fs::path path = workshop.run("run") / "deid.safetensors";
  Engine engine;
  const LoadedGenerator loaded = load_generator(engine, path);
  CHECK(loaded.facts.config == small_config().generator_config(GeneratorRole::DeId));
  CHECK(loaded.facts.size == 32);
  CHECK(loaded.facts.mosaic_blocks == 4);
  CHECK(loaded.facts.metadata.at("steps") == "12");
  const fs::path copy = workshop.run("copy.safetensors");
  save_generator(copy, loaded.generator, 32, 4, {});
  CHECK(read_safetensors(copy).tensors.at("model.1.weight").values ==
        read_safetensors(path).tensors.at("model.1.weight").values);

  SafetensorsFile file = read_safetensors(path);
  auto refuses = [&](const std::string& part) {
    write_safetensors(copy, file, true);
    try {
      load_generator(engine, copy);
      FAIL("was not refused");
    } catch (const FileError& error) {
      CAPTURE(error.what());
      CHECK(std::string(error.what()).find(part) != std::string::npos);
    }
  };
  SafetensorsFile whole = file;
  file.tensors.erase("model.4.weight");
  refuses("model.4.weight is missing");
  file = whole;
  file.tensors["model.4.weight"].shape = {4, 3, 3, 2};
  refuses("model.4.weight has shape (4, 3, 3, 2)");
  file = whole;
  file.tensors["surprise"] = {{1}, {1}};
  refuses("unknown tensor surprise");
  file = whole;
  file.metadata["residual_levels"] = "lots";
  refuses("residual_levels");
  file = whole;
  file.metadata["generator"] = "diffusion";
  refuses("diffusion");
  // A few tensors that promise a network of many gigabytes: refused before it is allocated.
  file = {};
  file.tensors["model.1.weight"] = {{4096, 3, 7, 7}, std::vector<float>(4096 * 3 * 49)};
  file.tensors["model.10.conv_block.1.weight"] = {{1}, {1}};
  refuses("model.4.weight is missing");
  file = {};
  file.tensors["x"] = {{1}, {1}};
  refuses("no generator");

  // Biases before a norm, which cancel, may be missing; statistics of norms are passed over.
  file = whole;
  file.tensors.erase("model.1.bias");
  file.tensors["model.2.running_mean"] = {{2}, {0, 0}};
  write_safetensors(copy, file, true);
  CHECK_NOTHROW(load_generator(engine, copy));
}

}  // namespace bauta::test
