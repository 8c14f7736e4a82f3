// Streams and graphs on every backend: what a CPU does at once, a card captures and replays.
#include "kernels/streams.h"

#include "tests/kernels/kernel_helpers.h"

using namespace bauta;
using namespace bauta::test;

namespace {

// A stream that ends with its scope.
struct Stream {
  explicit Stream(const Backend& b) : backend(b), queue(b.make_stream()) {}
  ~Stream() { backend.release_stream(queue); }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
  const Backend& backend;
  CUstream_st* const queue;
};

// A row of numbers in the backend's memory, and another in memory that copies run from beside the program.
struct Row {
  Row(const Context& ctx, int count)
      : backend(ctx.backend()),
        shape{1, 1, 1, count},
        bytes(shape.count() * sizeof(float)),
        pinned(static_cast<float*>(backend.allocate_pinned(bytes))),
        data(static_cast<float*>(backend.allocate(bytes))) {}
  ~Row() {
    backend.release(data);
    backend.release_pinned(pinned);
  }
  Row(const Row&) = delete;
  Row& operator=(const Row&) = delete;

  View view() const { return {data, shape}; }
  void put(float value) const { std::fill_n(pinned, shape.count(), value); }
  void copy_in(const Context& ctx) const { backend.copy_in(data, pinned, bytes, ctx); }
  // Waits for the context.
  void check(float value, const Context& ctx) const {
    std::vector<float> values(shape.count());
    backend.copy_out(values.data(), data, bytes, ctx);
    CHECK(values == std::vector<float>(shape.count(), value));
  }

  const Backend& backend;
  const Shape shape;
  const std::size_t bytes;
  float* const pinned;
  float* const data;
};

constexpr int kCount = 1003;

// y = (x + 1) + 2 x: one half on each of two contexts, forked and joined.
void forked(const Row& x, const Row& half, const Row& y, const Context& main, const Context& side) {
  const Backend& backend = main.backend();
  x.copy_in(main);
  backend.wait_for(side, main);
  backend.affine(half.view(), x.view(), 2, 0, side);
  backend.affine(y.view(), x.view(), 1, 1, main);
  backend.wait_for(main, side);
  backend.axpby(y.view(), 1, y.view(), 1, half.view(), main);
}

}  // namespace

TEST_CASE("streams: two of them fork and join") {
  for (const BackendUnderTest& tested : backends_under_test()) {
    CAPTURE(std::string(tested.backend->name));
    const Stream first(*tested.backend), second(*tested.backend);
    const Context main(*tested.backend, 1, first.queue), side(*tested.backend, 1, second.queue);
    const Row x(main, kCount), half(main, kCount), y(main, kCount);
    x.put(5);
    forked(x, half, y, main, side);
    tested.backend->synchronize(main);
    y.check(16, main);
    CHECK((first.queue == nullptr) == !tested.backend->graphs);
  }
}

TEST_CASE("streams: a step on two of them becomes one graph, which is replayed with other inputs") {
  for (const BackendUnderTest& tested : backends_under_test()) {
    const Backend& backend = *tested.backend;
    if (!backend.graphs) continue;
    CAPTURE(std::string(backend.name));
    const Stream first(backend), second(backend);
    const Context main(backend, 1, first.queue), side(backend, 1, second.queue);
    const Row x(main, kCount), half(main, kCount), y(main, kCount);
    y.put(-1);
    y.copy_in(main);
    x.put(5);
    backend.synchronize(main);
    backend.begin_capture(main);
    forked(x, half, y, main, side);
    CUgraphExec_st* const graph = backend.end_capture(main);
    y.check(-1, main);  // nothing has run
    for (const float value : {5.0f, 7.0f, -2.0f}) {
      x.put(value);
      backend.replay(graph, main);
      y.check(3 * value + 1, main);
    }
    // A graph among other work, on a stream that it was not captured on.
    x.put(1);
    backend.replay(graph, side);
    backend.affine(y.view(), y.view(), 10, 0, side);
    y.check(40, side);
    backend.release_graph(graph);
  }
}

TEST_CASE("streams: an abandoned capture leaves the streams as they were") {
  for (const BackendUnderTest& tested : backends_under_test()) {
    const Backend& backend = *tested.backend;
    CAPTURE(std::string(backend.name));
    const Stream first(backend), second(backend);
    const Context main(backend, 1, first.queue), side(backend, 1, second.queue);
    const Row x(main, kCount), half(main, kCount), y(main, kCount);
    x.put(5);
    backend.abandon_capture(main);  // none: nothing to do
    if (backend.graphs) {
      backend.begin_capture(main);
      backend.wait_for(side, main);
      backend.fill(half.view(), 1, side);
      backend.abandon_capture(main);  // forked and not joined
    }
    forked(x, half, y, main, side);
    y.check(16, main);
  }
}

TEST_CASE("streams: a CPU captures nothing") {
  for (const BackendUnderTest& tested : backends_under_test()) {
    const Backend& backend = *tested.backend;
    if (backend.graphs) continue;
    const Context ctx(backend, 1);
    CHECK(backend.make_stream() == nullptr);
    CHECK_THROWS_WITH_AS(backend.begin_capture(ctx), doctest::Contains("a CPU's work cannot be captured"),
                         CheckError);
    CHECK_THROWS_AS(backend.end_capture(ctx), CheckError);
    CHECK_THROWS_AS(backend.replay(nullptr, ctx), CheckError);
    backend.abandon_capture(ctx);
    backend.release_graph(nullptr);
  }
}
