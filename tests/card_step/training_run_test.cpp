// A run on the emulated card: pictures uploaded ahead of their steps, checkpoints, samples.
#include "cyclegan/training/batch_loader.h"
#include "tests/cyclegan/workshop.h"
#include "tests/emulator/emulator.h"
#include "tests/emulator/reference_libraries.h"

namespace bauta::test {

TEST_CASE("batches arrive on the card in order and whole, while the card is at work") {
  const Workshop workshop(7);
  TrainingConfig config = small_config();
  config.steps = 9;
  config.batch = 2;
  const TrainingData data(workshop.data(), true);
  Engine card(emulated_with_libraries), cpu;
  BatchLoader loader(card, data, config, 2);
  for (std::int64_t step = 2; step < config.steps; ++step) {
    CAPTURE(step);
    const TrainingBatch ours = loader.next(), expected = to_batch(cpu, data.read(step, config));
    // Work that reads the batch, so that the emulator sees whether a later upload waits for it.
    const Tensor x = scale(ours.x, 1), y = scale(ours.y, 1);
    CHECK(x.values() == expected.x.values());
    CHECK(y.values() == expected.y.values());
    std::vector<MosaicBox> faces(ours.x_faces.size());
    ours.x_faces.read(card, faces);
    CHECK(faces == std::vector(expected.x_faces.data(), expected.x_faces.data() + expected.x_faces.size()));
  }
}

TEST_CASE("once it replays, a run waits for nothing but the upload before the last") {
  const Workshop workshop;
  TrainingConfig config = small_config();
  config.steps = 12;
  const TrainingData data(workshop.data(), true);
  Engine card(emulated_with_libraries);
  Trainer trainer(card, config);
  trainer.initialize();
  BatchLoader loader(card, data, config, 0);
  while (!trainer.replays()) trainer.step(loader.next());
  emulator::reset_counts();
  constexpr std::uint64_t kSteps = 4;
  for (std::uint64_t step = 0; step < kSteps; ++step) trainer.step(loader.next());
  CHECK(emulator::counts().allocations == 0);
  CHECK(emulator::counts().synchronizations == kSteps);
}

TEST_CASE("a run on the card writes what a run on the CPU does") {
  const Workshop workshop;
  TrainingConfig config = small_config();
  const TrainingData data(workshop.data(), true);
  std::vector<std::vector<float>> losses;
  for (const Backend* backend : {&emulated_with_libraries, available_backends().front()}) {
    const fs::path folder = workshop.run(backend->name);
    TrainingRun::create(folder, config, workshop.data(), data, false);
    Engine engine(*backend);
    std::vector<std::string> damaged;
    TrainingRun run(engine, options_for(folder), data, damaged);
    std::vector<float> logged;
    run.go([] { return false; },
           [&](const LogEntry* entry) {
             if (logged.empty())  // the first step: later ones drift apart, as rounding has it
               for (const auto& [name, value] : entry->losses) logged.push_back(value);
           });
    CHECK(run.finished());
    losses.push_back(logged);
    for (const char* file : {"deid.safetensors", "reid.safetensors", "log.jsonl", "samples/12.png"})
      CHECK(fs::exists(folder / file));
  }
  check_close(losses[0], losses[1], {1e-4, 1e-4}, "losses of the first step");
}

TEST_CASE("samples leave a run as much memory as it held before") {
  const Workshop workshop;
  TrainingConfig config = small_config();
  const TrainingData data(workshop.data(), true);
  Engine engine(emulated_with_libraries);
  RunOptions options = options_for(workshop.run("samples"));
  options.sample_every = 8;  // by then steps are replayed
  TrainingRun::create(options.folder, config, workshop.data(), data, false);
  std::vector<std::string> damaged;
  TrainingRun run(engine, options, data, damaged);
  std::vector<MemoryUse> after;
  run.go([] { return false; }, [&](const LogEntry*) { after.push_back(engine.memory()); });
  REQUIRE(after.size() == 12);
  REQUIRE(fs::exists(options.folder / "samples" / "8.png"));
  CHECK(after[8].allocations > after[7].allocations);
  CHECK(after[8].held == after[7].held);
  CHECK(after[8].used == after[7].used);
  CHECK(engine.memory().held == after[7].held);
}

}  // namespace bauta::test
