// The whole training step, the very code that runs on a card, on the emulated one: beside the CPU's, its
// launches, its memory, and what a CUDA graph allows.
#include "tests/card_step/training_step.h"

#include <cstdio>
#include <map>

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

TEST_CASE("launches of a step of the reference networks") {
  const emulator::ScopedOptions restored;
  emulator::options.list_work = emulator::options.count_bytes = true;
  TrainingConfig config = small(GeneratorKind::Reference);
  config.residual_blocks = 9;
  config.ngf = config.ndf = 16;  // the least that has the kernels of the real size
  Training card(emulated_with_libraries, config);
  card.settle();
  emulator::reset_counts();
  card.step(4);
  struct Sum {
    int count = 0;
    double bytes = 0;
  };
  std::map<std::string, Sum> by_launcher;
  std::map<int, int> by_stream;
  int total = 0;
  for (const emulator::WorkDone& work : emulator::work_done()) {
    Sum& sum = by_launcher[work.launcher];
    ++sum.count;
    ++by_stream[work.stream];
    sum.bytes += static_cast<double>(work.loaded_bytes + work.stored_bytes);
    ++total;
  }
  for (const auto& [launcher, sum] : by_launcher)
    std::printf("%-28s %5d  %10.0f kB\n", launcher.c_str(), sum.count, sum.bytes / 1e3);
  for (const auto& [stream, count] : by_stream) std::printf("stream %d: %d\n", stream, count);
  std::printf("in all %d\n", total);
  // Both lanes have their share, and nobody added a launch unnoticed.
  CHECK(by_stream.size() == 2);
  CHECK(total <= 1000);
}

}  // namespace bauta::test
