// For test programs that need a card. Without one: SKIP, and exit code 77.
#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

#include <cstdio>

#include "kernels/cuda.h"

int main(int argc, char** argv) {
  if (const std::string problem = bauta::cuda_problem(); !problem.empty()) {
    std::printf("SKIP: no CUDA device: %s\n", problem.c_str());
    return 77;
  }
  return doctest::Context(argc, argv).run();
}
