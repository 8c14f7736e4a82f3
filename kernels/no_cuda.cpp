// Stands for the card in a build without CUDA.
#include "kernels/check.h"
#include "kernels/cuda.h"

namespace bauta {

namespace {

[[noreturn]] void refuse(const char* operation) {
  fail_check(operation, "this build has CUDA", __FILE__, __LINE__, cuda_problem());
}

}  // namespace

std::string cuda_problem() {
  return "this bauta was built without CUDA; install the CUDA toolkit and build it with cmake --preset cuda";
}

std::string cuda_version() { return "none"; }

const Backend& cuda_backend() { refuse(__func__); }
CudaDevice cuda_device() { refuse(__func__); }
double cuda_seconds(const Context&, const std::function<void()>&) { refuse(__func__); }

}  // namespace bauta
