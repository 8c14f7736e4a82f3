#include "tests/kernels/kernel_helpers.h"

namespace bauta::test {

const std::vector<BackendUnderTest>& backends_under_test() {
  static const std::vector<BackendUnderTest> backends = [] {
    std::vector<BackendUnderTest> found;
    for (const Backend* backend : available_backends())
      found.push_back({backend, {1, 3}, {DType::Float32}, false});
    return found;
  }();
  return backends;
}

}  // namespace bauta::test
