// Training steps on a real card, with cuDNN and captured as a graph.
#include "tests/card_step/training_step.h"

#include "kernels/cuda.h"

namespace bauta::test {

TEST_CASE("ten training steps on the card equal PyTorch's") {
  check_training("training", 0, cuda_backend());
  check_training("training_identity", 0.5f, cuda_backend());
}

TEST_CASE("training steps on the card, the later ones replayed as a graph, equal the CPU's") {
  check_against_cpu(cuda_backend(), small(GeneratorKind::Reference), 10);
  check_against_cpu(cuda_backend(), with_everything(), 6);
  TrainingConfig config = small(GeneratorKind::Skip);
  for (auto loss : {AdversarialLoss::Log, AdversarialLoss::WassersteinGp}) {
    config.loss = loss;
    check_against_cpu(cuda_backend(), config, 5);
  }
}

TEST_CASE("bfloat16 at 128 x 128, ngf 64, where cuDNN has the convolutions: two lanes give one lane's bits") {
  TrainingConfig config = small(GeneratorKind::Reference);
  config.ngf = config.ndf = 64;
  std::vector<float> of_one_lane;
  for (int lanes : {1, 2}) {  // the second finds the first's plans in their file
    Training card(cuda_backend(), config, DType::BFloat16, lanes);
    card.size = 128;
    card.settle();
    for (std::uint64_t number = 10; number < 14; ++number) card.step(number);
    if (lanes == 1)
      of_one_lane = card.gradient();
    else
      CHECK(card.gradient() == of_one_lane);
  }
}

TEST_CASE("losses in bfloat16, with float32 masters and no loss scaling, follow those in float32") {
  check_bfloat16_follows(cuda_backend());
}

}  // namespace bauta::test
