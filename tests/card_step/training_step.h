// The whole training step on a card, emulated or real, beside the CPU's.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>

#include "tests/compare.h"
#include "tests/cyclegan/generator_weights.h"
#include "tests/cyclegan/golden_training.h"
#include "tests/cyclegan/small_judge.h"

namespace bauta::test {

inline TrainingConfig small(GeneratorKind kind) {
  TrainingConfig config;
  config.generator = kind;
  config.ngf = config.ndf = 8;
  config.residual_blocks = 2;
  config.pool = 3;
  config.steps = 20;
  return config;
}

constexpr int kSize = 32;
constexpr MosaicBox kFace{6, 5, 20, 20, 4};

// A trainer on an engine of its own, fed with the same pictures as any other.
struct Training {
  Engine engine;
  SmallJudge judge{engine};
  Trainer trainer;
  TrainingBatch pictures;
  Boxes boxes;
  int size = kSize;

  Training(const Backend& backend, const TrainingConfig& config, DType storage = DType::Float32,
           int lanes = 2)
      : engine(backend, 2, storage, lanes), trainer(engine, config, &judge), boxes(engine, {kFace}) {
    trainer.initialize();
  }
  StepLosses step(std::uint64_t number) {
    const Shape shape{1, size, size, 3};
    const auto picture = [&](std::uint64_t seed) {
      return Tensor::from(engine, shape, random_array(shape, seed).values);
    };
    return trainer.step({picture(number + 1000), picture(number + 1100), boxes, boxes});
  }
  // Steps until they are replayed: after a few, when all memory is there.
  void settle() {
    constexpr std::uint64_t kMost = 6;
    for (std::uint64_t number = 1; number <= kMost && !trainer.replays(); ++number) step(number);
    REQUIRE(trainer.replays());
  }
  // What the optimizers were last given.
  std::vector<float> gradient() {
    std::vector<float> result;
    for (Adam* adam : {&trainer.state().generator_optimizer, &trainer.state().discriminator_optimizer}) {
      const std::vector<float> flat = adam->gradients().flat().values();
      result.insert(result.end(), flat.begin(), flat.end());
    }
    return result;
  }
  // What the run would hand out: both generators' weights.
  std::vector<float> average() { return weights(trainer.outcome()); }
  // Goes on from where the other is.
  void follow(Training& other) {
    const Trainer::State to = trainer.state(), from = other.trainer.state();
    const auto copy = [](const Parameters& p, const Adam& adam, const Parameters& q, const Adam& other_adam) {
      p.flat().assign(q.flat().values());
      p.publish();
      adam.first_moment().assign(other_adam.first_moment().values());
      adam.second_moment().assign(other_adam.second_moment().values());
    };
    copy(to.generators, to.generator_optimizer, from.generators, from.generator_optimizer);
    copy(to.discriminators, to.discriminator_optimizer, from.discriminators, from.discriminator_optimizer);
    if (to.average) to.average->sum().assign(from.average->sum().values());
  }
};

// |a - b| / |b|
inline double distance(const std::vector<float>& a, const std::vector<float>& b) {
  double apart = 0, length = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    apart += std::pow(static_cast<double>(a[i]) - static_cast<double>(b[i]), 2);
    length += std::pow(static_cast<double>(b[i]), 2);
  }
  return std::sqrt(apart / length);
}

inline std::vector<std::pair<const char*, Tensor>> named(const StepLosses& losses) {
  return {{"G_adv", losses.G_adv},           {"F_adv", losses.F_adv},      {"cycle_X", losses.cycle_X},
          {"cycle_Y", losses.cycle_Y},       {"D_X", losses.D_X},          {"D_Y", losses.D_Y},
          {"identity_X", losses.identity_X}, {"paired", losses.paired},    {"identity_Y", losses.identity_Y},
          {"ssim_X", losses.ssim_X},         {"unlike_X", losses.unlike_X}};
}

// Each step from the CPU's state: Adam's first steps go by a gradient's sign, which rounding decides where it
// is nearly zero, and soon two runs have little in common. Rounding also decides now and then on which side
// of zero a ReLU is: then the gradient jumps, in one step of a run at most.
inline void check_against_cpu(const Backend& backend, const TrainingConfig& config, int steps) {
  Training card(backend, config), cpu(*available_backends().front(), config);
  int jumps = 0;
  for (int step = 1; step <= steps; ++step) {
    CAPTURE(step);
    const auto ours = named(card.step(static_cast<std::uint64_t>(step)));
    const auto expected = named(cpu.step(static_cast<std::uint64_t>(step)));
    for (std::size_t i = 0; i < ours.size(); ++i) {
      CAPTURE(std::string(ours[i].first));
      REQUIRE(bool(ours[i].second) == bool(expected[i].second));
      if (ours[i].second)
        CHECK(ours[i].second.item() == doctest::Approx(expected[i].second.item()).epsilon(1e-4));
    }
    const double apart = distance(card.gradient(), cpu.gradient());
    CHECK(apart < 1e-2);
    if (apart > 1e-4) ++jumps;
    if (config.average > 0) CHECK(distance(card.average(), cpu.average()) < 1e-2);
    card.follow(cpu);
  }
  CHECK(jumps <= 1);
  CHECK(card.trainer.replays());
  CHECK_FALSE(cpu.trainer.replays());
}

// Losses in bfloat16, with float32 masters and no loss scaling, follow those in float32.
inline void check_bfloat16_follows(const Backend& backend) {
  TrainingConfig config = small(GeneratorKind::Reference);
  config.ngf = config.ndf = 4;
  config.residual_blocks = 1;
  config.steps = 500;
  Training bf16(backend, config, DType::BFloat16), f32(*available_backends().front(), config);
  bf16.size = f32.size = Discriminator::kMinimumSize;
  constexpr int kSteps = 500, kStretch = 100;
  using Sums = std::array<double, 6>;
  Sums ours{}, theirs{};
  for (int step = 1; step <= kSteps; ++step) {
    const auto pictures = static_cast<std::uint64_t>(step % 20);
    const auto a = named(bf16.step(pictures)), b = named(f32.step(pictures));
    for (std::size_t i = 0; i < ours.size(); ++i) {
      ours[i] += static_cast<double>(a[i].second.item());
      theirs[i] += static_cast<double>(b[i].second.item());
    }
    if (step % kStretch > 0) continue;
    for (std::size_t i = 0; i < ours.size(); ++i) {
      CAPTURE(step);
      CAPTURE(std::string(a[i].first));
      CHECK(std::abs(ours[i] - theirs[i]) / kStretch < 0.02 + 0.1 * theirs[i] / kStretch);
    }
    ours = theirs = {};
  }
}

// The networks with every term of the objective, boxes, noise, the average and the bounded generators.
inline TrainingConfig with_everything() {
  TrainingConfig config = small(GeneratorKind::Bounded);
  config.composite = config.quantize = true;
  config.identity = 0.5f;
  config.paired = 1;
  config.noise = 0.05f;
  config.ssim = 2;
  config.likeness = 1;
  config.loop_noise = 1;
  config.average = 0.9f;
  return config;
}

}  // namespace bauta::test
