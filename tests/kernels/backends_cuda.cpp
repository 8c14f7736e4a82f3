// The card, as the backend that the kernels' tests run on. Without one: SKIP, and exit code 77.
#define DOCTEST_CONFIG_IMPLEMENT
#include <cstdio>

#include "kernels/cuda.h"
#include "tests/kernels/kernel_helpers.h"

namespace bauta::test {

const std::vector<BackendUnderTest>& backends_under_test() {
  static const std::vector<BackendUnderTest> backends = {
      {&cuda_backend(), {1}, {DType::Float32, DType::BFloat16}, true}};
  return backends;
}

}  // namespace bauta::test

int main(int argc, char** argv) {
  if (const std::string problem = bauta::cuda_problem(); !problem.empty()) {
    std::printf("SKIP: no CUDA device: %s\n", problem.c_str());
    return 77;
  }
  return doctest::Context(argc, argv).run();
}
