// The card, as the backend that the kernels' tests run on, with the libraries that it leaves work to and
// without; without alone where BAUTA_OWN_KERNELS is set, for a sanitizer. Without a card: SKIP, and exit
// code 77.
#include <cstdlib>

#include "kernels/cuda.h"
#include "tests/kernels/kernel_helpers.h"

namespace bauta::test {

const std::vector<BackendUnderTest>& backends_under_test() {
  static const Backend alone = [] {
    Backend backend = cuda_backend();
    backend.name = "cuda without libraries";
    backend.make_libraries = nullptr;
    return backend;
  }();
  static const std::vector<BackendUnderTest> backends = [] {
    std::vector<BackendUnderTest> found;
    for (const Backend* backend : {&cuda_backend(), &alone})
      if (backend == &alone || (backend->make_libraries && !std::getenv("BAUTA_OWN_KERNELS")))
        found.push_back({backend, {1}, {DType::Float32, DType::BFloat16}, true});
    return found;
  }();
  return backends;
}

}  // namespace bauta::test
