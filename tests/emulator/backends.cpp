// The card's kernels in the emulator, as the backend that the kernels' tests run on.
#include "tests/kernels/kernel_helpers.h"

namespace bauta {

namespace emulated {
extern const Backend backend;
}

namespace test {

const std::vector<BackendUnderTest>& backends_under_test() {
  static const std::vector<BackendUnderTest> backends = {
      {&emulated::backend, {1}, {DType::Float32, DType::BFloat16}, true}};
  return backends;
}

}  // namespace test
}  // namespace bauta
