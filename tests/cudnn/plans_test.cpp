// Whether cuDNN has plans for the networks: asked of the code that runs on a card, about cards that are only
// described (cards/). With BAUTA_CUDNN_TABLE naming a file, what the plans are is written there.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <map>
#include <memory>

#include "kernels/card_libraries.h"
#include "kernels/check.h"
#include "kernels/cublaslt.h"
#include "kernels/cublaslt_functions.h"
#include "kernels/cuda.h"
#include "kernels/cudnn.h"
#include "tests/cudnn/cards.h"
#include "tests/cudnn/network_convolutions.h"

namespace bauta::test {
namespace {

using cudnn::Offers;
using cudnn::Plan;
using cudnn::PlanKey;
using cudnn::Target;

constexpr const char* kCards[] = {"sm_80", "sm_90", "sm_120"};
constexpr int kSides[] = {128, 256};
constexpr int kBatches[] = {1, 4, 16};
constexpr ConvolutionPass kPasses[] = {ConvolutionPass::Fprop, ConvolutionPass::Dgrad,
                                       ConvolutionPass::Wgrad};

// How a convolution's tensors may be stored and computed with.
struct Storage {
  const char* name;
  DType inputs, result;
  bool tf32;
  GradMode mode;
  bool only_wgrad;
};
constexpr Storage kStorages[] = {
    {"bfloat16", DType::BFloat16, DType::BFloat16, false, GradMode::Overwrite, false},
    {"float32", DType::Float32, DType::Float32, false, GradMode::Overwrite, false},
    {"tf32", DType::Float32, DType::Float32, true, GradMode::Overwrite, false},
    {"bfloat16 accumulated", DType::BFloat16, DType::BFloat16, false, GradMode::Accumulate, true},
    {"float32 accumulated", DType::Float32, DType::Float32, false, GradMode::Accumulate, true},
    {"tf32 accumulated", DType::Float32, DType::Float32, true, GradMode::Accumulate, true},
};

PlanKey key_of(const NetworkConvolution& convolution, ConvolutionPass pass, int batch, int side,
               const Storage& storage) {
  PlanKey key{convolution.problem(pass, batch, side), storage.tf32};
  key.problem.inputs = storage.inputs;
  key.problem.result = storage.result;
  key.problem.mode = storage.mode;
  return key;
}

template <class Body>
void each_storage(ConvolutionPass pass, const Body& body) {
  for (const Storage& storage : kStorages)
    if (pass == ConvolutionPass::Wgrad || !storage.only_wgrad) body(storage);
}

TEST_CASE("cudnn: every convolution of the networks has a plan on every card") {
  const char* const name = std::getenv("BAUTA_CUDNN_TABLE");
  std::ofstream table(name ? name : "/dev/null");
  table << "card,layer,pass,storage";
  for (int side : kSides)
    for (int batch : kBatches) table << ',' << side << 'x' << side << " batch " << batch;
  table << '\n';

  for (const char* card_name : kCards) {
    int problems = 0, without = 0;
    std::map<std::string, std::size_t> largest;
    Offers offers;
    for (const NetworkConvolution& convolution : network_convolutions())
      for (ConvolutionPass pass : kPasses)
        each_storage(pass, [&](const Storage& storage) {
          constexpr const char* kNames[] = {"fprop", "dgrad", "wgrad"};
          table << card_name << ',' << convolution.layer << ',' << kNames[static_cast<int>(pass)] << ','
                << storage.name;
          for (int side : kSides)
            for (int batch : kBatches) {
              const PlanKey key = key_of(convolution, pass, batch, side, storage);
              CAPTURE(std::string(card_name));
              CAPTURE(std::string(convolution.layer));
              CAPTURE(key);
              const auto plans = cudnn::find_plans(key, described_card(card_name), 1, &offers);
              ++problems;
              if (plans.empty()) ++without;
              CHECK(plans.size() == 1);
              table << ',';
              if (plans.empty()) {
                table << "none";
                continue;
              }
              table << plans.front().workspace;
              CHECK(plans.front().workspace <= workspace_limit(key.problem));
              std::size_t& most = largest[storage.name];
              most = std::max(most, plans.front().workspace);
            }
          table << '\n';
        });
    std::cout << card_name << ": " << problems - without << " of " << problems << " have a plan; of "
              << offers.made << " offers looked at, " << offers.forbidden << " break a promise, "
              << offers.unsupported << " cannot be made, " << offers.too_large << " are too large\n";
    for (const auto& [storage, bytes] : largest)
      std::cout << "  largest workspace, " << storage << ": " << (bytes >> 20) << " MiB\n";
  }
}

TEST_CASE("cudnn: a float32 dw beside bfloat16 tensors has a plan for widened ones") {
  int problems = 0, with = 0;
  for (const char* card_name : kCards)
    for (const NetworkConvolution& convolution : network_convolutions())
      for (int side : kSides)
        for (int batch : kBatches) {
          PlanKey key = key_of(convolution, ConvolutionPass::Wgrad, batch, side, kStorages[0]);
          key.problem.result = DType::Float32;
          CAPTURE(std::string(card_name));
          CAPTURE(key);
          ++problems;
          if (!cudnn::find_plans(key, described_card(card_name), 1).empty()) ++with;
          REQUIRE(cudnn::wants_widening(key.problem));
          const int pictures = cudnn::widened_pictures(key.problem);
          CHECK(batch % pictures == 0);
          for (GradMode mode : {GradMode::Overwrite, GradMode::Accumulate})
            CHECK(cudnn::find_plans(cudnn::widened(key.problem, pictures, mode), described_card(card_name), 1)
                      .size() == 1);
        }
  // Only engines that compile their kernels when wanted may know it, and those need a driver.
  std::cout << "a float32 dw beside bfloat16 tensors: " << with << " of " << problems
            << " have a plan of their own\n";
}

TEST_CASE("cudnn: a batch is widened in equal parts that fit, or picture by picture") {
  const auto pictures = [](int batch, int side) {
    return cudnn::widened_pictures(network_convolutions()[1].problem(ConvolutionPass::Wgrad, batch, side));
  };
  CHECK(pictures(1, 256) == 1);
  CHECK(pictures(2, 256) == 2);
  CHECK(pictures(16, 256) == 2);
  CHECK(pictures(15, 256) == 1);
  CHECK(pictures(7, 256) == 1);
  CHECK(pictures(16, 128) == 8);
  CHECK(pictures(3, 1024) == 1);
}

TEST_CASE("cudnn: what no library should take is left alone before a library is called") {
  // Where there is no card, whatever asked for a handle would throw.
  const std::unique_ptr<Libraries> libraries = card_libraries_maker()();
  const Context ctx;
  const auto at = [](std::size_t address) { return reinterpret_cast<void*>(address); };
  const ConvolutionProblem large = network_convolutions()[3].problem(ConvolutionPass::Fprop, 1, 256);
  ConvolutionProblem small = large;
  small.x = {1, 6, 6, 4};
  small.w = {4, 3, 3, 4};
  small.y = {1, 4, 4, 4};
  CHECK_FALSE(libraries->convolution(small, at(256), at(512), at(1024), ctx));
  CHECK_FALSE(libraries->convolution(large, at(256), at(514), at(1024), ctx));
  CHECK_FALSE(libraries->gemm({.rows = 64, .columns = 64, .depth = 64}, at(260), at(512), at(1024), ctx));
  CHECK_FALSE(libraries->tf32());
}

TEST_CASE("cudnn: a plan is made anew from what a file remembers of it") {
  for (const char* card_name : kCards)
    for (const NetworkConvolution& convolution : network_convolutions())
      for (ConvolutionPass pass : kPasses)
        each_storage(pass, [&](const Storage& storage) {
          const PlanKey key = key_of(convolution, pass, 1, 128, storage);
          CAPTURE(key);
          for (const Plan& plan : cudnn::find_plans(key, described_card(card_name), 3)) {
            const auto again = cudnn::make_plan(key, described_card(card_name), plan.choice);
            REQUIRE(again);
            CHECK(again->workspace == plan.workspace);
          }
        });
}

TEST_CASE("cudnn: a remembered plan that breaks a promise, or is no plan, is none") {
  const PlanKey exact = key_of(network_convolutions()[3], ConvolutionPass::Fprop, 1, 256, kStorages[1]);
  const PlanKey rounded = key_of(network_convolutions()[3], ConvolutionPass::Fprop, 1, 256, kStorages[2]);
  const Target& target = described_card("sm_90");
  const auto plans = cudnn::find_plans(rounded, target, 1);
  REQUIRE(plans.size() == 1);
  CHECK(cudnn::make_plan(rounded, target, plans.front().choice));
  CHECK_FALSE(cudnn::make_plan(exact, target, plans.front().choice));
  for (const cudnn::PlanChoice& choice : {cudnn::PlanChoice{99999, {}}, {-1, {}}, {0, {{99999, 1}}}})
    CHECK_FALSE(cudnn::make_plan(exact, target, choice));
}

TEST_CASE("cudnn: the library of the build is found, and all of its functions") {
  CHECK(card_libraries_problem() == "");
  CHECK(cudnn::functions().GetVersion() >= 90800);
}

TEST_CASE("cudnn and cublaslt: a library that finds no memory is out of memory, and other failures are not") {
  const PlanKey key = key_of(network_convolutions()[3], ConvolutionPass::Wgrad, 1, 256, kStorages[0]);
  for (const auto status : {CUDNN_STATUS_INTERNAL_ERROR_DEVICE_ALLOCATION_FAILED,
                            CUDNN_STATUS_INTERNAL_ERROR_HOST_ALLOCATION_FAILED})
    CHECK_THROWS_WITH_AS(
        cudnn::refuse(key, cudnn::Failure(status)),
        doctest::Contains("out of the card's memory: conv_wgrad by cuDNN (wgrad x (1, 66, 66, 256)"),
        OutOfMemory);
  try {
    cudnn::refuse(key, cudnn::Failure(CUDNN_STATUS_EXECUTION_FAILED));
  } catch (const CheckError& error) {
    CHECK(dynamic_cast<const OutOfMemory*>(&error) == nullptr);
    CHECK(std::string(error.what()).find("CUDNN_STATUS_EXECUTION_FAILED") != std::string::npos);
  }
  const cublaslt::ProductKey product{{.rows = 4, .columns = 5, .depth = 6}, false};
  CHECK_THROWS_WITH_AS(cublaslt::refuse(product, CUBLAS_STATUS_ALLOC_FAILED),
                       doctest::Contains("gemm by cuBLASLt (4 x 5 of depth 6"), OutOfMemory);
  CHECK_THROWS_WITH_AS(cublaslt::refuse(product, CUBLAS_STATUS_EXECUTION_FAILED),
                       doctest::Contains("4 x 5 of depth 6"), CheckError);
}

TEST_CASE("cublaslt: the library of the build is found, and all of its functions") {
  REQUIRE(cublaslt::functions());
  CHECK(std::string(cublaslt::functions()->GetStatusString(CUBLAS_STATUS_NOT_SUPPORTED)) != "");
}

TEST_CASE("cudnn: the card of this machine describes itself, for cards/") {
  if (const std::string problem = cuda_problem(); !problem.empty()) {
    std::cout << "SKIP: the card's own description: " << problem << '\n';
    return;
  }
  cudnn::Descriptor properties(CUDNN_BACKEND_DEVICEPROP_DESCRIPTOR);
  properties.set(CUDNN_ATTR_DEVICEPROP_DEVICE_ID, std::int32_t{0});
  properties.finalize();
  const std::vector<char> json = properties.values<char>(CUDNN_ATTR_DEVICEPROP_JSON_REPRESENTATION);
  const Target target(std::string(json.begin(), json.end()));
  std::cout.write(json.data(), static_cast<std::streamsize>(json.size())) << '\n';
}

TEST_CASE("cudnn: a description that is none is refused in cuDNN's words") {
  CHECK_THROWS_AS(Target("{}"), cudnn::Failure);
}

}  // namespace
}  // namespace bauta::test
