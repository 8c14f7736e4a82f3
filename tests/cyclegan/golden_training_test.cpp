#include <array>

#include "tests/cyclegan/golden_training.h"
#include "tests/cyclegan/small_judge.h"

namespace bauta::test {

TEST_CASE("ten training steps equal PyTorch's: both optimizers, pool, schedule") {
  for (const Backend* backend : available_backends()) check_training("training", 0, *backend);
}

TEST_CASE("ten training steps with identity loss equal PyTorch's") {
  for (const Backend* backend : available_backends()) check_training("training_identity", 0.5f, *backend);
}

TEST_CASE("after a few training steps nothing more is allocated") {
  Engine engine;
  TrainingConfig config;
  config.generator = GeneratorKind::Bounded;
  config.composite = config.quantize = true;
  config.ngf = config.ndf = 4;
  config.residual_blocks = 2;
  config.noise = 0.1f;
  config.identity = 0.5f;
  config.paired = 1;
  config.ssim = 2;
  config.likeness = 1;
  config.loop_noise = 1;
  config.average = 0.9f;
  config.pool = 2;  // full after two steps
  config.steps = 10;
  const SmallJudge judge(engine);
  Trainer trainer(engine, config, &judge);
  trainer.initialize();
  const Boxes face(engine, std::array{MosaicBox{6, 6, 20, 20, 4}});
  auto step = [&](std::uint64_t seed) {
    const Shape shape{1, 32, 32, 3};
    trainer.step({Tensor::from(engine, shape, random_array(shape, seed).values),
                  Tensor::from(engine, shape, random_array(shape, seed + 50).values), face, face});
  };
  for (std::uint64_t seed = 1; seed < 5; ++seed) step(seed);
  const std::size_t allocations = engine.memory().allocations;
  for (std::uint64_t seed = 5; seed < 15; ++seed) step(seed);
  CHECK(engine.memory().allocations == allocations);
}

}  // namespace bauta::test
