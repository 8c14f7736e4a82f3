// What the trainer's options do to a step; that the step is right is for the golden and the card's tests.
#include "cyclegan/training/trainer.h"

#include <cmath>

#include "cyclegan/training/likeness.h"
#include "cyclegan/training/settings.h"
#include "kernels/check.h"
#include "nn/tape.h"
#include "tests/compare.h"
#include "tests/cyclegan/generator_weights.h"
#include "tests/cyclegan/small_judge.h"

namespace bauta::test {

namespace {

TrainingConfig small_bounded() {
  TrainingConfig config;
  config.generator = GeneratorKind::Bounded;
  config.composite = config.quantize = true;
  config.ngf = config.ndf = 4;
  config.residual_blocks = 1;
  config.pool = 2;
  config.steps = 8;
  return config;
}

// A trainer, fed with the same pictures as any other.
struct Lesson {
  Engine engine{*available_backends().front(), 2};
  SmallJudge judge{engine};
  Trainer trainer;
  Boxes face{engine, {MosaicBox{6, 6, 20, 20, 4}}};

  explicit Lesson(const TrainingConfig& config) : trainer(engine, config, &judge) { trainer.initialize(); }

  StepLosses step() {
    const Shape shape{1, 32, 32, 3};
    const auto seed = static_cast<std::uint64_t>(trainer.steps_done());
    const auto picture = [&](std::uint64_t which) {
      return Tensor::from(engine, shape, random_array(shape, 2 * seed + which).values);
    };
    return trainer.step({picture(100), picture(101), face, face});
  }
};

}  // namespace

TEST_CASE("the outcome is the average of the generators after each step, and averaging changes no step") {
  TrainingConfig config = small_bounded();
  Lesson plain(config);
  config.average = 0.75f;
  Lesson averaging(config);
  CHECK(weights(averaging.trainer.outcome()) == weights(averaging.trainer.latest()));  // no step yet

  std::vector<double> sum(weights(averaging.trainer.latest()).size());
  double collected = 0;
  for (int step = 1; step <= 5; ++step) {
    plain.step();
    averaging.step();
    const std::vector<float> latest = weights(averaging.trainer.latest());
    CHECK(latest == weights(plain.trainer.latest()));
    CHECK(latest == weights(plain.trainer.outcome()));
    collected = 0.75 * collected + 1;
    std::vector<float> expected;
    for (std::size_t i = 0; i < sum.size(); ++i) {
      sum[i] = 0.75 * sum[i] + static_cast<double>(latest[i]);
      expected.push_back(static_cast<float>(sum[i] / collected));
    }
    check_close(weights(averaging.trainer.outcome()), expected, {1e-7, 1e-5}, "average");
    CHECK((weights(averaging.trainer.outcome()) == latest) == (step == 1));
  }
}

TEST_CASE("noise in the loop reaches Re-ID alone, the same again by seed") {
  TrainingConfig config = small_bounded();
  Lesson without(config);
  config.loop_noise = 2;
  Lesson with(config), again(config);
  const StepLosses a = without.step(), b = with.step(), c = again.step();
  CHECK(a.G_adv.item() == b.G_adv.item());
  CHECK(a.cycle_Y.item() == b.cycle_Y.item());
  CHECK(b.cycle_X.item() > a.cycle_X.item());
  CHECK(b.cycle_X.item() == c.cycle_X.item());
  config.seed = 2;
  config.noise = 0;
  Lesson other(config);
  CHECK(other.step().cycle_X.item() != b.cycle_X.item());
}

TEST_CASE("the SSIM term is logged where it has a weight, and teaches") {
  TrainingConfig config = small_bounded();
  Lesson without(config);
  CHECK_FALSE(bool(without.step().ssim_X));
  config.ssim = 5;
  Lesson with(config);
  const float dissimilarity = with.step().ssim_X.item();
  CHECK(dissimilarity > 0);
  CHECK(dissimilarity < 1);
  CHECK(weights(without.trainer.latest()) != weights(with.trainer.latest()));
}

TEST_CASE("the likeness term is logged where it has a weight, teaches, and needs a judge") {
  TrainingConfig config = small_bounded();
  Lesson without(config);
  CHECK_FALSE(bool(without.step().unlike_X));
  config.likeness = 5;
  Lesson with(config);
  const float unlike = with.step().unlike_X.item();
  CHECK(unlike > 0);
  CHECK(unlike < 1);
  CHECK(weights(without.trainer.latest()) != weights(with.trainer.latest()));
  CHECK_THROWS_AS(Trainer(with.engine, config), CheckError);
}

TEST_CASE("unlikeness: 0 for the same faces, whatever lies around them, and its gradient stays in the cut") {
  Engine engine;
  const SmallJudge judge(engine);
  const Shape shape{2, 32, 32, 3};
  const Boxes faces(engine, {{6, 6, 16, 16, 4}, {-4, 10, 12, 20, 4}});
  const Array clear = random_array(shape, 1);
  Array restored = clear;
  restored.at(0, 31, 31, 0) += 1;  // beside the first face
  const auto tensor = [&](const Array& array) { return Tensor::from(engine, shape, array.values); };
  CHECK(unlikeness(judge, tensor(restored), tensor(clear), faces).item() == doctest::Approx(0).epsilon(1e-6));
  Tensor x = tensor(random_array(shape, 2));
  x.set_requires_grad();
  const Tensor loss = unlikeness(judge, x, tensor(clear), faces);
  CHECK(loss.item() > 0.1f);
  const std::vector<float> gradient = grad({loss}, {x})[0].values();
  Array g(shape);
  g.values = gradient;
  CHECK(g.at(0, 12, 12, 1) != 0);
  CHECK(g.at(0, 3, 12, 1) == 0);
  CHECK(g.at(1, 20, 2, 1) != 0);
  CHECK(g.at(1, 20, 12, 1) == 0);
}

TEST_CASE("settings out of bounds are refused by name") {
  CHECK(bounds_of("average").low == 0);
  CHECK(bounds_of("average").high < 1);
  CHECK_THROWS_AS(bounds_of("averages"), CheckError);
  CHECK_NOTHROW(check_config(small_bounded()));
  const auto refused = [](auto change, const std::string& name) {
    TrainingConfig config = small_bounded();
    change(config);
    try {
      check_config(config);
      FAIL("was not refused");
    } catch (const CheckError& error) {
      CHECK(std::string(error.what()).find(name) != std::string::npos);
    }
  };
  refused([](TrainingConfig& config) { config.average = 1; }, "average");
  refused([](TrainingConfig& config) { config.ssim = -1; }, "ssim");
  refused([](TrainingConfig& config) { config.loop_noise = std::nanf(""); }, "loop_noise");
  refused([](TrainingConfig& config) { config.steps = 0; }, "steps");
}

}  // namespace bauta::test
