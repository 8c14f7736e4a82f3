// Training steps on a real card, with cuDNN and captured as a graph. Without a card: SKIP, and exit code 77.
#define DOCTEST_CONFIG_IMPLEMENT
#include "tests/card_step/training_step.h"

#include <cstdio>

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

TEST_CASE("losses in bfloat16, with float32 masters and no loss scaling, follow those in float32") {
  check_bfloat16_follows(cuda_backend());
}

}  // namespace bauta::test

int main(int argc, char** argv) {
  if (const std::string problem = bauta::cuda_problem(); !problem.empty()) {
    std::printf("SKIP: no CUDA device: %s\n", problem.c_str());
    return 77;
  }
  return doctest::Context(argc, argv).run();
}
