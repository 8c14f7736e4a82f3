#include "kernels/card_libraries.h"

#include <cudnn_version.h>

#include "kernels/cublaslt.h"
#include "kernels/cuda.h"
#include "kernels/cudnn.h"
#include "kernels/cudnn_functions.h"

namespace bauta {

namespace {

class CardLibraries : public Libraries {
 public:
  bool convolution(const ConvolutionProblem& problem, void* result, const void* a, const void* b,
                   const Context& ctx) override {
    // Only float32 knows the difference.
    return convolutions_.run({problem, tf32() && problem.inputs == DType::Float32}, result, a, b, ctx);
  }
  bool gemm(const GemmProblem& problem, void* c, const void* a, const void* b, const Context& ctx) override {
    return products_.run({problem, tf32() && problem.dtype == DType::Float32}, c, a, b, ctx);
  }

 private:
  cudnn::Convolutions convolutions_;
  cublaslt::Products products_;
};

}  // namespace

LibrariesMaker card_libraries_maker() {
  return []() -> std::unique_ptr<Libraries> { return std::make_unique<CardLibraries>(); };
}

std::string card_libraries_problem() { return cudnn::functions_problem(); }

std::string cudnn_version() {
  return std::to_string(CUDNN_MAJOR) + '.' + std::to_string(CUDNN_MINOR) + '.' +
         std::to_string(CUDNN_PATCHLEVEL);
}

}  // namespace bauta
