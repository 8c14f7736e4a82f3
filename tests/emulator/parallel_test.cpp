// What the card's kernels share, used harder than any of them does.
#include <doctest/doctest.h>

#include "kernels/parallel_gpu.h"
#include "tests/emulator/device_array.h"

using namespace bauta::BAUTA_BACKEND;

namespace {

// Two sums, one right after the other.
__global__ void __launch_bounds__(kThreads) two_sums_kernel(Global<int> y) {
  const int thread = static_cast<int>(threadIdx.x);
  const Vec<int, 1> ones = block_sum(Vec<int, 1>{1}), numbers = block_sum(Vec<int, 1>{thread});
  y.write(2 * thread, ones[0]);
  y.write(2 * thread + 1, numbers[0]);
}

}  // namespace

TEST_CASE("reductions: two sums of a block, one right after the other") {
  const emulator::DeviceArray<int> y(2 * kThreads);
  emulator::run_kernel("two_sums", two_sums_kernel, {1, kThreads}, y.data());
  const std::vector<int> values = y.values();
  for (std::size_t i = 0; i < values.size(); i += 2) {
    CHECK(values[i] == kThreads);
    CHECK(values[i + 1] == kThreads * (kThreads - 1) / 2);
  }
}
