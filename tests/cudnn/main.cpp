// SKIP, and exit code 77, where there is no cuDNN, or one that does not load without a driver.
#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

#include <cstdio>

#include "kernels/check.h"
#include "kernels/cuda.h"
#include "tests/cudnn/cards.h"
#include "tests/cudnn/network_convolutions.h"

namespace {

bool loads() {
  using namespace bauta;
  try {
    cudnn::find_plans({test::network_convolutions().front().problem(ConvolutionPass::Fprop, 1, 128), false},
                      test::described_card("sm_90"), 1);
  } catch (const cudnn::Failure& failure) {
    return failure.status() != CUDNN_STATUS_SUBLIBRARY_LOADING_FAILED;
  } catch (const CheckError&) {  // it is not there at all
    return false;
  }
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  if (const std::string problem = bauta::cuda_problem(); !problem.empty() && !loads()) {
    std::printf("SKIP: cuDNN does not load here: %s\n", problem.c_str());
    return 77;
  }
  return doctest::Context(argc, argv).run();
}
