// How much of a card's memory a training step takes, from a dry run at its real size.
#include "bench/dry_run.h"
#include "cyclegan/training/trainer.h"
#include "tests/compare.h"

namespace bauta::test {

namespace {

// Bytes held after some steps of the paper's networks at 256 x 256, batch 1, in bfloat16; with them what
// cuDNN and the kernels may want as workspace (tests/cudnn/workspaces.csv: 16 MiB for these sizes), in each
// lane.
double gigabytes_held(int lanes) {
  constexpr double kWorkspace = 20 << 20;
  const DryRun dry;
  Engine engine(DryRun::backend(), 1, DType::BFloat16, lanes);
  TrainingConfig config;
  config.steps = 100;
  Trainer trainer(engine, config);
  trainer.initialize();
  const Shape shape{1, 256, 256, 3};
  const TrainingBatch batch{Tensor::zeros(engine, shape), Tensor::zeros(engine, shape), {}, {}};
  for (int step = 0; step < 5; ++step) trainer.step(batch);
  return (static_cast<double>(engine.memory().held) + lanes * kWorkspace) / 1e9;
}

}  // namespace

TEST_CASE("a training step at 256 x 256 takes less than a gigabyte, a little more side by side") {
  CHECK(gigabytes_held(1) < 1.0);
  CHECK(gigabytes_held(2) < 1.15);
}

}  // namespace bauta::test
