// The whole training step, the very code that runs on a card, on the emulated one: beside the CPU's, its
// launches, its memory, and what a CUDA graph allows.
#include "tests/card_step/training_step.h"

#include <cstdio>
#include <map>

#include "bench/dry_run.h"
#include "tests/emulator/emulator.h"
#include "tests/emulator/reference_libraries.h"

namespace bauta::test {

TEST_CASE("ten training steps on the card equal PyTorch's") {
  check_training("training", 0, emulated_with_libraries);
  check_training("training_identity", 0.5f, emulated_with_libraries);
}

TEST_CASE("ten training steps, the later ones replayed as a graph, equal the CPU's") {
  check_against_cpu(emulated_with_libraries, small(GeneratorKind::Reference), 10);
}

TEST_CASE("the same with every term of the objective, boxes, noise, the average and the bounded generators") {
  check_against_cpu(emulated_with_libraries, with_everything(), 6);
}

TEST_CASE("the same of keyed generators, which no discriminator judges") {
  TrainingConfig config = small(GeneratorKind::Keyed);
  config.residual_levels = 7;
  config.adversarial_deid = config.adversarial_reid = 0;
  config.average = 0.9f;
  check_against_cpu(emulated_with_libraries, config, 6);
}

TEST_CASE("the same with the other adversarial losses") {
  TrainingConfig config = small(GeneratorKind::Skip);
  config.batch = 1;
  for (auto loss : {AdversarialLoss::Log, AdversarialLoss::WassersteinGp}) {
    CAPTURE(to_string(loss));
    config.loss = loss;
    check_against_cpu(emulated_with_libraries, config, 5);
  }
}

TEST_CASE("a step neither allocates nor waits for the card once it is settled") {
  Training card(emulated_with_libraries, with_everything());
  card.settle();
  const Shape shape{1, kSize, kSize, 3};
  const TrainingBatch batch{Tensor::zeros(card.engine, shape), Tensor::zeros(card.engine, shape), card.boxes,
                            card.boxes};
  emulator::reset_counts();
  for (int step = 0; step < 5; ++step) card.trainer.step(batch);
  CHECK(emulator::counts().allocations == 0);
  CHECK(emulator::counts().synchronizations == 0);
  CHECK(emulator::counts().pageable_copies == 0);
}

TEST_CASE("losses in bfloat16, with float32 masters and no loss scaling, follow those in float32") {
  check_bfloat16_follows(emulated_with_libraries);
}

TEST_CASE("averaging is one launch more, and what is handed out is rounded as networks read it") {
  const emulator::ScopedOptions restored;
  emulator::options.list_work = true;
  const auto launches = [](float average) {
    TrainingConfig config = small(GeneratorKind::Skip);
    config.average = average;
    Training card(emulated_with_libraries, config, DType::BFloat16);
    card.settle();
    emulator::reset_counts();
    card.step(4);
    const std::size_t count = emulator::work_done().size();
    std::vector<NamedParameter> named;
    card.trainer.outcome().deid.collect("", named);
    for (const auto& [name, parameter] : named) {
      const std::vector<float> master = parameter->master.values(), value = parameter->value.values();
      CHECK(difference(value, master).within(tolerance_of(DType::BFloat16)));
    }
    return count;
  };
  CHECK(launches(0.5f) == launches(0) + 1);
}

// The least that has the kernels of the real size.
TrainingConfig with_every_kernel() {
  TrainingConfig config = small(GeneratorKind::Reference);
  config.residual_blocks = 9;
  config.ngf = config.ndf = 16;
  return config;
}

struct LaunchSum {
  int count = 0;
  double bytes = 0;
};

// By launcher, as a dry run counts them (bench/dry_run.h), on pictures that are on the card.
std::map<std::string, LaunchSum> predicted_launches(const TrainingConfig& config) {
  DryRun dry;
  Engine engine(DryRun::backend(), 1);
  Trainer trainer(engine, config);
  trainer.initialize();
  const Tensor x = Tensor::zeros(engine, {1, kSize, kSize, 3});
  trainer.step({x, x, {}, {}});
  dry.forget();
  trainer.step({x, x, {}, {}});
  std::map<std::string, LaunchSum> by_launcher;
  for (const DryLaunch& launch : dry.launches()) by_launcher[launch.launcher].count += launch.launches;
  return by_launcher;
}

TEST_CASE(
    "launches of a step of the reference networks: as many as roofline counts, and no more than there were") {
  // To be set anew, and bench/README.md written anew by roofline, when launches are added or saved on
  // purpose.
  constexpr int kLaunches = 945;
  constexpr double kBytes = 147.2e6;
  const emulator::ScopedOptions restored;
  emulator::options.list_work = emulator::options.count_bytes = true;
  Training card(emulated_with_libraries, with_every_kernel());
  card.settle();
  const Tensor x = Tensor::zeros(card.engine, {1, kSize, kSize, 3});
  emulator::reset_counts();
  card.trainer.step({x, x, {}, {}});
  std::map<std::string, LaunchSum> by_launcher;
  std::map<int, int> by_stream;
  LaunchSum total;
  for (const emulator::WorkDone& work : emulator::work_done()) {
    const auto bytes = static_cast<double>(work.loaded_bytes + work.stored_bytes);
    for (LaunchSum* sum : {&by_launcher[work.launcher], &total}) {
      ++sum->count;
      sum->bytes += bytes;
    }
    ++by_stream[work.stream];
  }
  for (const auto& [launcher, sum] : by_launcher)
    std::printf("%-34s %5d  %10.0f kB\n", launcher.c_str(), sum.count, sum.bytes / 1e3);
  for (const auto& [stream, count] : by_stream) std::printf("stream %d: %d\n", stream, count);
  std::printf("in all %d, %.1f MB\n", total.count, total.bytes / 1e6);
  CHECK(by_stream.size() == 2);  // both lanes have their share
  CHECK_MESSAGE(total.count == kLaunches, "see kLaunches in training_step_test.cpp");
  CHECK_MESSAGE(total.bytes == doctest::Approx(kBytes).epsilon(0.01), "see kBytes in training_step_test.cpp");

  // Kernels of our own have names of their own for convolutions of three channels.
  const auto convolutions = [](const std::map<std::string, LaunchSum>& all) {
    int count = 0;
    for (const auto& [launcher, sum] : all)
      if (launcher.starts_with("conv_") || launcher.starts_with("correlate_") ||
          launcher.starts_with("wgrad_"))
        count += sum.count;
    return count;
  };
  const auto predicted = predicted_launches(with_every_kernel());
  CHECK(convolutions(predicted) == convolutions(by_launcher));
  int others = 0;
  for (const auto& [launcher, sum] : predicted) {
    if (launcher.starts_with("conv_")) continue;
    CAPTURE(launcher);
    const std::string name = launcher == "copy_within" ? "cudaMemcpyAsync device to device" : launcher;
    CHECK(sum.count == by_launcher[name].count);
    others += sum.count;
  }
  CHECK(others + convolutions(predicted) == total.count);
}

}  // namespace bauta::test
