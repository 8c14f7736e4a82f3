// How much of a card's memory a training step takes, from a dry run at its real size; and what goes back.
#include "bench/dry_run.h"
#include "kernels/quickest.h"
#include "nn/recorded.h"
#include "tests/card_step/training_step.h"
#include "tests/emulator/emulator.h"
#include "tests/emulator/reference_libraries.h"
#include "tests/emulator/runtime.h"

namespace bauta::test {

namespace {

// Bytes held after some steps of the paper's networks at 256 x 256, batch 1, in bfloat16, with the most that
// cuDNN's plans may want as workspace in each lane (dry_run.h).
double gigabytes_held(int lanes) {
  const DryRun dry;
  Engine engine(DryRun::backend(), 1, DType::BFloat16, lanes);
  TrainingConfig config;
  config.steps = 100;
  Trainer trainer(engine, config);
  trainer.initialize();
  const Shape shape{1, 256, 256, 3};
  const TrainingBatch batch{Tensor::zeros(engine, shape), Tensor::zeros(engine, shape), {}, {}};
  for (int step = 0; step < 5; ++step) trainer.step(batch);
  return static_cast<double>(engine.memory().held) / 1e9;
}

}  // namespace

TEST_CASE("a training step at 256 x 256 takes less than a gigabyte, a little more side by side") {
  CHECK(gigabytes_held(1) < 1.0);
  CHECK(gigabytes_held(2) < 1.15);
}

TEST_CASE("what an engine says it holds is what the card has given, when steps have been recorded too") {
  std::size_t before = 0, after = 0, total = 0;
  cudaMemGetInfo(&before, &total);
  Training card(emulated_with_libraries, with_everything());
  card.settle();
  card.step(9);
  cudaMemGetInfo(&after, &total);
  CHECK(card.engine.memory().held == before - after);
}

TEST_CASE("outgrown scratch memory goes back, unless a recording works in it, and then with that") {
  Engine engine(emulated_with_libraries, 1);
  const Context& ctx = engine.context();
  constexpr std::size_t kSmall = 1000, kLarge = 5000;
  const Tensor x = Tensor::zeros(engine, {1, 1, 1, 64});
  ctx.workspace(kSmall);
  ctx.workspace(2 * kSmall);
  CHECK(ctx.scratch_bytes() == 2 * kSmall * sizeof(float));

  Recorded recorded(engine);
  const auto work = [&] { engine.kernels().fill({ctx.workspace(kSmall), {1, 1, 1, 64}}, 1, ctx); };
  while (!recorded.replays()) recorded.run(work);
  ctx.workspace(kLarge);
  CHECK(ctx.scratch_bytes() == (2 * kSmall + kLarge) * sizeof(float));
  recorded.run(work);  // the emulator would see memory that was freed
  recorded.forget();
  CHECK(ctx.scratch_bytes() == kLarge * sizeof(float));
}

TEST_CASE(
    "ways that are tried keep no memory, one that finds none is passed over, and a tie goes to the first") {
  const emulator::ScopedOptions restored;
  std::size_t before = 0, total = 0, after = 0;
  const Context ctx(emulated_with_libraries, 1);
  cudaMemGetInfo(&before, &total);
  emulator::options.device_bytes = total - before + (std::size_t{64} << 20);
  const std::vector<std::size_t> bytes = {16 << 20, 1 << 20, std::size_t{1} << 30, 32 << 20, 2 << 20};
  const auto of = [&](const std::vector<double>& seconds) {
    return quickest(ctx, bytes, [&](std::size_t i, void* memory) {
      ctx.backend().fill_zero(memory, bytes[i], ctx);
      if (seconds[i] < 0) throw std::runtime_error("does not run");
      return seconds[i];
    });
  };
  CHECK(of({5, 3, 1, 2, 4})->index == 3);
  CHECK(of({5, 3, 1, 2.95, 4})->index == 1);
  CHECK(of({-1, 3, 1, -1, 4})->index == 1);
  CHECK_THROWS_WITH(of({-1, -1, 1, -1, -1}), "does not run");
  CHECK_FALSE(quickest(ctx, {}, [](std::size_t, void*) { return 1.0; }));
  CHECK(ctx.scratch_bytes() == 0);
  cudaMemGetInfo(&after, &total);
  CHECK(after == std::size_t{64} << 20);
}

}  // namespace bauta::test
