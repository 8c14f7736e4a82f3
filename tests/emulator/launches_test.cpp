// Launches: in which order and where blocks and threads run, what they may share, and how a kernel ends
// badly.
#include <doctest/doctest.h>

#include <algorithm>
#include <numeric>
#include <set>
#include <string>

#include "tests/emulator/device_array.h"

using bauta::bfloat16;
using bauta::BAUTA_BACKEND::dynamic_shared;
using bauta::BAUTA_BACKEND::Global;
using bauta::BAUTA_BACKEND::Index;
using bauta::BAUTA_BACKEND::kAllLanes;
using bauta::BAUTA_BACKEND::SharedArray;
using emulator::DeviceArray;
using emulator::Order;
using emulator::run_kernel;

namespace {

std::string error_of(const std::function<void()>& launch) {
  try {
    launch();
  } catch (const emulator::Error& error) {
    return error.what();
  }
  return "";
}

// ---- Order

// The n-th to come writes its number at n; 0: before the first barrier.
__global__ void arrivals_kernel(Global<unsigned> count, Global<int> order, int barriers) {
  for (int i = 0; i < barriers; ++i) __syncthreads();
  order.write(count.atomic_add(0, 1), static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x));
}

std::vector<int> arrivals(unsigned blocks, unsigned threads, int barriers) {
  const DeviceArray<unsigned> count(std::vector<unsigned>{0});
  const DeviceArray<int> order(blocks * threads);
  run_kernel("arrivals", arrivals_kernel, {blocks, threads}, count.data(), order.data(), barriers);
  return order.values();
}

TEST_CASE("threads, warps and blocks run in the order that is asked for") {
  const emulator::ScopedOptions restored;
  std::vector<int> in_order(5 * 80);
  std::iota(in_order.begin(), in_order.end(), 0);
  const std::vector<int> reversed(in_order.rbegin(), in_order.rend());
  for (const int barriers : {0, 1, 2}) {
    CAPTURE(barriers);
    emulator::options.order = Order::InOrder;
    CHECK(arrivals(5, 80, barriers) == in_order);
    emulator::options.order = Order::Reversed;
    CHECK(arrivals(5, 80, barriers) == reversed);
    emulator::options.order = Order::Random;
    std::set<std::vector<int>> orders;
    for (unsigned seed = 0; seed < 10; ++seed) {
      emulator::options.seed = seed;
      std::vector<int> order = arrivals(5, 80, barriers);
      CHECK(order == arrivals(5, 80, barriers));
      orders.insert(order);
      std::sort(order.begin(), order.end());
      CHECK(order == in_order);
    }
    CHECK(orders.size() == 10);
  }
}

__global__ void place_kernel(Global<int> out) {
  const int thread = static_cast<int>(threadIdx.x + blockDim.x * (threadIdx.y + blockDim.y * threadIdx.z));
  const int block = static_cast<int>(blockIdx.x + gridDim.x * (blockIdx.y + gridDim.y * blockIdx.z));
  const int threads = static_cast<int>(blockDim.x * blockDim.y * blockDim.z);
  out.write(block * threads + thread, __shfl_sync(kAllLanes, thread, 31));
}

TEST_CASE("grids and blocks have three dimensions; warps are 32 threads in a row, x first") {
  const emulator::ScopedOptions restored;
  for (const int workers : {1, 3}) {
    emulator::options.workers = workers;
    const DeviceArray<int> out(2 * 3 * 4 * 64);
    run_kernel("place", place_kernel, {dim3(2, 3, 4), dim3(4, 8, 2)}, out.data());
    const std::vector<int> values = out.values();
    for (std::size_t i = 0; i < values.size(); ++i) CHECK(values[i] == (i % 64 < 32 ? 31 : 63));
  }
}

__global__ void fill_kernel(Global<float> x, Index count) {
  const Index i = Index{blockIdx.x} * blockDim.x + threadIdx.x;
  if (i < count) x.write(i, 1);
}

TEST_CASE("the last blocks alone: indices beyond 2^31 without the memory") {
  const emulator::ScopedOptions restored;
  emulator::options.last_blocks = 3;
  const Index count = (Index{1} << 31) + 777;
  const emulator::DeviceMapping mapping(static_cast<std::size_t>(count) * sizeof(float));
  const auto* values = static_cast<const float*>(mapping.data());
  const auto blocks = static_cast<unsigned>((count + 255) / 256);
  run_kernel("fill", fill_kernel, {blocks, 256}, static_cast<float*>(mapping.data()), count);
  const Index first = (Index{blocks} - 3) * 256;
  CHECK(values[first - 1] == 0);
  CHECK(values[first] == 1);
  CHECK(values[count - 1] == 1);
}

__global__ void early_exit_kernel(Global<int> out) {
  if (threadIdx.x >= 40) return;
  const int count = __syncthreads_count(1);
  out.write(threadIdx.x, count);
}

TEST_CASE("threads that have returned count as arrived where that is allowed") {
  const emulator::ScopedOptions restored;
  const DeviceArray<int> out(40);
  const auto launch = [&] { run_kernel("early", early_exit_kernel, {1, 64}, out.data()); };
  CHECK(error_of(launch).find("returned before a barrier") != std::string::npos);
  emulator::options.allow_early_exit = true;
  launch();
  CHECK(out.values() == std::vector<int>(40, 40));
}

// ---- Blocks that see each other's results

// Every group of blocks sums its part of x: each block adds up its piece, the last of the group to finish the
// pieces. The counters are zero again at the end. A second counter lets the last group sum up the groups.
__global__ void sum_kernel(Global<const int> x, Global<int> pieces, Global<unsigned> counters,
                           Global<int> sums, Global<int> total) {
  __shared__ SharedArray<int, 1> turn;
  const Index group = blockIdx.y, groups = gridDim.y, blocks = gridDim.x;
  const Index block = group * blocks + blockIdx.x;
  int piece = x.read(block * blockDim.x + threadIdx.x);
  for (int bits = 16; bits > 0; bits /= 2) piece += __shfl_xor_sync(kAllLanes, piece, bits);
  if (threadIdx.x == 0) {
    pieces.write(block, piece);
    __threadfence();
    turn[0] = counters.atomic_add(group, 1) == gridDim.x - 1;
    __threadfence();
  }
  __syncthreads();
  if (!turn[0] || threadIdx.x != 0) return;
  int sum = 0;
  for (Index i = 0; i < blocks; ++i) sum += pieces.read(group * blocks + i);
  counters.write(group, 0);
  sums.write(group, sum);
  __threadfence();
  if (counters.atomic_add(groups, 1) != gridDim.y - 1) return;
  __threadfence();
  int all = 0;
  for (Index i = 0; i < groups; ++i) all += sums.read(i);
  all += pieces.read(0) - pieces.read(0);  // seen through the group's own last block
  total.write(0, all);
  counters.write(groups, 0);
}

TEST_CASE("the last block to finish may read what the others left, after fence, atomic and fence") {
  const emulator::ScopedOptions restored;
  constexpr unsigned kGroups = 5, kBlocks = 7;
  const DeviceArray<int> x(std::vector<int>(kGroups * kBlocks * 32, 3));
  for (const Order order : {Order::InOrder, Order::Reversed, Order::Random})
    for (const int workers : {1, 3}) {
      emulator::options.order = order;
      emulator::options.workers = workers;
      const DeviceArray<int> pieces(kGroups * kBlocks), sums(kGroups), total(1);
      const DeviceArray<unsigned> counters(std::vector<unsigned>(kGroups + 1));
      run_kernel("sum", sum_kernel, {dim3(kBlocks, kGroups), 32}, x.data(), pieces.data(), counters.data(),
                 sums.data(), total.data());
      CHECK(total.values()[0] == static_cast<int>(kGroups * kBlocks * 32 * 3));
      CHECK(counters.values() == std::vector<unsigned>(kGroups + 1));
    }
}

__global__ void neighbours_kernel(Global<bfloat16> x) {
  const Index i = Index{blockIdx.x} + Index{threadIdx.x} * gridDim.x;
  x.write(i, x.read(i));
}

__global__ void histogram_kernel(Global<unsigned> bins) { bins.atomic_add(threadIdx.x % 3, 1); }

TEST_CASE("blocks may write next to each other, and add to the same place") {
  const DeviceArray<bfloat16> x(16 * 32);
  run_kernel("neighbours", neighbours_kernel, {16, 32}, x.data());
  const DeviceArray<unsigned> bins(std::vector<unsigned>(3));
  run_kernel("histogram", histogram_kernel, {10, 33}, bins.data());
  CHECK(bins.values() == std::vector<unsigned>(3, 110));
}

// kind: 0 reads, 1 writes, 2 adds to, what the first block does; then / 3 for the second.
__global__ void meet_kernel(Global<unsigned> x, int kinds) {
  switch (blockIdx.x == 0 ? kinds % 3 : kinds / 3) {
    case 0:
      x.read(0);
      break;
    case 1:
      x.write(0, 1);
      break;
    default:
      x.atomic_add(0, 1);
  }
}

TEST_CASE("two blocks at one place: only reading together and adding together is allowed") {
  const DeviceArray<unsigned> x(std::vector<unsigned>{0});
  for (int kinds = 0; kinds < 9; ++kinds) {
    CAPTURE(kinds);
    const std::string error = error_of([&] { run_kernel("meet", meet_kernel, {2, 1}, x.data(), kinds); });
    CHECK(error.empty() == (kinds == 0 || kinds == 8));
  }
  const emulator::ScopedOptions restored;
  emulator::options.checked_accesses = 1;
  run_kernel("meet", meet_kernel, {2, 1}, x.data(), 4);
  emulator::options.checked_accesses = 2;
  CHECK_THROWS_AS(run_kernel("meet", meet_kernel, {2, 1}, x.data(), 4), emulator::Error);
  emulator::options.check_blocks = false;
  run_kernel("meet", meet_kernel, {2, 1}, x.data(), 4);
}

// ---- Bad ends

struct Alive {
  explicit Alive(std::atomic<int>& count) : count_(count) { ++count_; }
  ~Alive() { --count_; }
  std::atomic<int>& count_;
};

__global__ void throwing_kernel(std::atomic<int>* alive) {
  const Alive here(*alive);
  __syncthreads();
  if (threadIdx.x == 40) throw std::out_of_range("thread 40");
  __syncthreads();
}

TEST_CASE("what a kernel throws comes out of the launch, and the emulator goes on") {
  const emulator::ScopedOptions restored;
  std::atomic<int> alive{0};
  for (const int workers : {1, 2}) {
    emulator::options.workers = workers;
    for (int time = 0; time < 3; ++time)
      CHECK_THROWS_WITH_AS(run_kernel("throwing", throwing_kernel, {1, 64}, &alive), "thread 40",
                           std::out_of_range);
    CHECK(alive == 0);
    CHECK(arrivals(3, 64, 2).size() == 3 * 64);
  }
}

TEST_CASE("CUDA's functions do nothing outside a kernel, and kernels launch no kernels") {
  CHECK(error_of([] { __syncthreads(); }) == "CUDA emulator: a CUDA function was called outside a kernel");
  CHECK(error_of([] { emulator::lane(); }) == "CUDA emulator: a CUDA function was called outside a kernel");
  CHECK(error_of([] { emulator::run("outer", 1, 1, 0, [] { emulator::run("inner", 1, 1, 0, [] {}); }); }) ==
        "CUDA emulator: inner: a kernel launches a kernel");
}

}  // namespace
