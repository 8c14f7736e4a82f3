// Streams, captures and graphs of the emulator, and what it counts of them. What it must find is planted in
// planted_in_streams.cpp and planted_in_captures.cpp.
#include <doctest/doctest.h>

#include <thread>

#include "kernels/backend.h"
#include "kernels/check.h"
#include "tests/emulator/stream_helpers.h"

namespace bauta::emulated {
extern const Backend backend;
}

using bauta::Context;
using bauta::BAUTA_BACKEND::Global;
using bauta::BAUTA_BACKEND::Index;
using emulator::DeviceArray;
using emulator::Graph;
using emulator::PinnedArray;
using emulator::Queue;
using emulator::run_kernel_on;
using emulator::wait_for;

namespace {

using Ints = std::vector<int>;
constexpr unsigned kCount = 96;

__global__ void add_kernel(Global<const int> x, Global<int> y, int value, int first, int last) {
  const Index i = Index{blockIdx.x} * blockDim.x + threadIdx.x;
  if (i >= first && i < last) y.write(i, x.read(i) + value);
}

// y = x + value, of elements first .. last-1.
void add(CUstream_st* stream, const char* name, const DeviceArray<int>& x, const DeviceArray<int>& y,
         int value, unsigned first = 0, unsigned last = kCount) {
  run_kernel_on(stream, name, add_kernel, {3, 32}, x.data(), y.data(), value, first, last);
}

bool race(const std::function<void()>& work) {
  try {
    work();
  } catch (const emulator::Error& error) {
    CHECK(std::string(error.what()).find("two streams") != std::string::npos);
    return true;
  }
  return false;
}

TEST_CASE(
    "streams: a graph runs in its order, with the arguments of its capture, as often as it is replayed") {
  const Queue main, side;
  const DeviceArray<int> x(Ints(kCount, 1)), y(Ints(kCount, 0)), z(Ints(kCount, 0));
  int value = 10;
  const Graph graph(main, [&] {
    add(main, "first", x, y, value);
    wait_for(side, main);
    value = 20;
    add(side, "second", y, z, value);
    cudaMemcpyAsync(x.data(), y.data(), kCount * sizeof(int), cudaMemcpyDeviceToDevice, main);
    wait_for(main, side);
  });
  value = 99;
  CHECK(y.values() == Ints(kCount, 0));
  for (int time = 1; time <= 3; ++time) {
    graph.replay(main);
    cudaStreamSynchronize(main);
    CHECK(x.values() == Ints(kCount, 1 + 10 * time));
    CHECK(z.values() == Ints(kCount, 21 + 10 * time));
  }
}

TEST_CASE("streams: what the device was given is listed and counted") {
  const emulator::ScopedOptions restored;
  const Queue main, side;
  const DeviceArray<int> x(Ints(kCount, 1)), y(kCount), z(kCount);
  const PinnedArray<int> pinned(kCount);
  std::fill_n(pinned.data(), kCount, 7);
  emulator::options.list_work = emulator::options.count_bytes = true;
  emulator::reset_counts();
  emulator::reset_traffic();
  const Graph graph(main, [&] {
    cudaMemcpyAsync(x.data(), pinned.data(), kCount * sizeof(int), cudaMemcpyHostToDevice, main);
    wait_for(side, main);
    add(side, "second", x, y, 1);
    cudaMemsetAsync(z.data(), 0, kCount * sizeof(int), main);
    wait_for(main, side);
  });
  CHECK(emulator::work_done().empty());
  graph.replay(main);
  graph.replay(main);
  const std::vector<emulator::WorkDone> work = emulator::work_done();
  REQUIRE(work.size() == 6);
  constexpr std::uint64_t kBytes = kCount * sizeof(int);
  for (std::size_t i = 0; i < 6; i += 3) {
    CHECK(work[i].launcher == "cudaMemcpyAsync host to device");
    CHECK(work[i].stream == main.number());
    CHECK(work[i].loaded_bytes == 0);
    CHECK(work[i].stored_bytes == kBytes);
    CHECK(work[i + 1].launcher == "second");
    CHECK(work[i + 1].stream == side.number());
    CHECK(work[i + 1].loaded_bytes == kBytes);
    CHECK(work[i + 1].stored_bytes == kBytes);
    CHECK(work[i + 2].launcher == "cudaMemsetAsync");
    CHECK(work[i + 2].stored_bytes == kBytes);
  }
  CHECK(emulator::traffic().size() == 2);
  emulator::Counts counts = emulator::counts();
  CHECK(counts.synchronizations + counts.allocations + counts.pageable_copies == 0);
  cudaStreamSynchronize(main);
  cudaDeviceSynchronize();
  const DeviceArray<int> more(Ints(kCount, 1));
  counts = emulator::counts();
  CHECK(counts.synchronizations == 3);
  CHECK(counts.allocations == 1);
  CHECK(counts.pageable_copies == 1);
  emulator::reset_counts();
  CHECK(emulator::work_done().empty());
  emulator::reset_traffic();
}

TEST_CASE(
    "streams: they may read together, write side by side, and meet after an event or when all is done") {
  const Queue a, b, c;
  const DeviceArray<int> x(Ints(kCount, 1)), y(kCount), z(kCount), w(kCount);
  wait_for(a, nullptr);
  wait_for(b, nullptr);
  wait_for(c, nullptr);
  CHECK(!race([&] {
    add(a, "reader", x, y, 1);
    add(b, "reader", x, z, 1);
    add(c, "first half", x, w, 1, 0, 41);
    add(a, "second half", x, w, 1, 41, kCount);
  }));
  SUBCASE("each other's readers, not just the last") {
    wait_for(c, b);
    CHECK(race([&] { add(c, "writer", y, x, 1); }));
  }
  SUBCASE("through a third stream") {
    wait_for(b, a);
    wait_for(c, b);
    CHECK(!race([&] { add(c, "writer", y, x, 1); }));
  }
  SUBCASE("events say what was before them, not more") {
    wait_for(b, a);
    add(a, "later", x, y, 2);
    CHECK(race([&] { add(b, "reader", y, z, 1); }));
  }
  SUBCASE("an event stands for what its stream had heard of") {
    const emulator::Event done(a);
    add(a, "elsewhere", x, y, 2);
    done.let_wait(b);
    CHECK(!race([&] { add(b, "second half", x, w, 5, 41, kCount); }));
    CHECK(race([&] { add(b, "first half", x, w, 5, 0, 41); }));
  }
  SUBCASE("the program waits for one") {
    cudaStreamSynchronize(a);
    CHECK(!race([&] { add(b, "reader", y, z, 1); }));
    CHECK(race([&] { add(b, "reader", w, z, 1); }));
  }
  SUBCASE("the program waits for all") {
    cudaDeviceSynchronize();
    CHECK(!race([&] { add(b, "writer", w, x, 1); }));
  }
  SUBCASE("a graph waits for its stream, and is waited for by it") {
    const Graph graph(a, [&] {
      wait_for(c, a);
      add(c, "in the graph", y, z, 1);
      wait_for(a, c);
    });
    CHECK(race([&] { graph.replay(a); }));
    wait_for(a, b);
    CHECK(!race([&] { graph.replay(a); }));
    CHECK(!race([&] { add(a, "after it", z, y, 1); }));
    CHECK(race([&] { add(b, "beside it", z, x, 1); }));
  }
  SUBCASE("nobody looks") {
    const emulator::ScopedOptions restored;
    emulator::options.check_streams = false;
    CHECK(!race([&] { add(b, "writer", w, y, 1); }));
  }
}

TEST_CASE("streams: races are found with several workers, and memory that comes again is other memory") {
  const emulator::ScopedOptions restored;
  emulator::options.workers = 3;
  const Queue a, b;
  const DeviceArray<int> x(Ints(kCount, 1));
  wait_for(a, nullptr);
  wait_for(b, nullptr);
  for (int time = 0; time < 20; ++time) {
    const DeviceArray<int> y(kCount);
    CHECK(!race([&] { add(time % 2 ? a : b, "writer", x, y, 1); }));
    CHECK(race([&] { add(time % 2 ? b : a, "writer", x, y, 1); }));
  }
}

TEST_CASE("streams: while one thread captures another may allocate, copy and wait") {
  const Queue main, uploads;
  const DeviceArray<int> x(Ints(kCount, 1)), y(kCount);
  const Graph graph(main, [&] {
    add(main, "captured", x, y, 1);
    std::string failure;
    std::thread([&] {
      try {
        const DeviceArray<int> other(Ints(kCount, 5));
        cudaStreamSynchronize(uploads);
        add(uploads, "beside", other, other, 1);
      } catch (const std::exception& error) {
        failure = error.what();
      }
    }).join();
    CHECK(failure == "");
  });
  graph.replay(main);
}

TEST_CASE("streams: a context's work goes to its stream, copies from pinned memory too") {
  using bauta::Shape;
  using bauta::View;
  const bauta::Backend& backend = bauta::emulated::backend;
  const emulator::ScopedOptions restored;
  emulator::options.list_work = true;
  const Queue first, second;
  const Context main(backend, 1, first), side(backend, 1, second);
  const DeviceArray<float> x(kCount), y(kCount);
  const PinnedArray<float> pinned(kCount);
  const Shape shape{1, 1, 1, kCount};
  emulator::reset_counts();
  backend.copy_in(x.data(), pinned.data(), kCount * sizeof(float), main);
  backend.wait_for(side, main);
  backend.fill(View(y.data(), shape), 1, main);
  backend.affine(View(x.data(), shape), View(x.data(), shape), 2, 0, side);
  const std::vector<emulator::WorkDone> work = emulator::work_done();
  REQUIRE(work.size() == 3);
  CHECK(work[0].stream == first.number());
  CHECK(work[1].launcher == "fill");
  CHECK(work[1].stream == first.number());
  CHECK(work[2].launcher == "affine");
  CHECK(work[2].stream == second.number());
  CHECK(race([&] { backend.fill(View(y.data(), shape), 2, side); }));
  // Scratch memory that is not there yet: a capture says so.
  backend.begin_capture(main);
  CHECK_THROWS_WITH_AS(main.workspace(1 << 10), doctest::Contains("cudaMalloc: is forbidden, while stream"),
                       emulator::Error);
  CHECK_THROWS_WITH_AS(backend.end_capture(main), doctest::Contains("the capture is broken: cudaMalloc"),
                       emulator::Error);
  main.workspace(1 << 10);
  backend.begin_capture(main);
  CHECK_THROWS_WITH_AS(backend.copy_out(pinned.data(), x.data(), 4, main),
                       doctest::Contains("cudaStreamSynchronize: is forbidden"), emulator::Error);
  backend.abandon_capture(main);
  CHECK_NOTHROW(backend.synchronize(main));
  // A graph that finds no memory says who found none.
  emulator::options.graph_bytes = ~std::size_t{0};
  backend.begin_capture(main);
  backend.fill(View(y.data(), shape), 1, main);
  CHECK_THROWS_WITH_AS(backend.end_capture(main),
                       doctest::Contains("out of the card's memory: cudaGraphInstantiate found none, "),
                       bauta::OutOfMemory);
  emulator::reset_counts();
}

}  // namespace
