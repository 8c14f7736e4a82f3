// The libraries' stand-in gives what the kernels give, and is watched like them.
#include "tests/emulator/reference_libraries.h"

#include "tests/emulator/stream_helpers.h"
#include "tests/kernels/kernel_helpers.h"

using namespace bauta;
using namespace bauta::test;

namespace bauta::emulated {
extern const Backend backend;
}

namespace {

const BackendUnderTest& under_test(const Backend& backend) {
  static const BackendUnderTest kernels{&emulated::backend, {1}, {}, true},
      libraries{&emulated_with_libraries, {1}, {}, true};
  return &backend == &emulated::backend ? kernels : libraries;
}

Array numbers(Shape shape, unsigned seed, DType dtype) {
  Array result(shape);
  for (std::size_t i = 0; i < result.values.size(); ++i)
    result[i] = static_cast<float>((i * 7919 + seed * 104729) % 1009) / 504.5f - 1.0f;
  return result.as(dtype);
}

using Compute = std::function<void(Array& result, const Context& ctx)>;

// The same result with libraries as without, and one piece of work of the launcher's name.
void check_alike(const char* launcher, const Array& before, const Compute& compute) {
  const emulator::ScopedOptions restored;
  Array expected = before, actual = before;
  compute(expected, *TestContext(under_test(emulated::backend), 1));
  emulator::options.list_work = emulator::options.count_bytes = true;
  emulator::reset_counts();
  emulator::reset_traffic();
  compute(actual, *TestContext(under_test(emulated_with_libraries), 1));
  check_close(actual, expected, tolerance_of(before.dtype), launcher);
  int calls = 0;
  for (const emulator::WorkDone& work : emulator::work_done()) {
    if (work.launcher != launcher) continue;
    ++calls;
    CHECK(work.stored_bytes == before.values.size() * bytes_of(before.dtype));
    CHECK(work.loaded_bytes > 0);
  }
  CHECK(calls == 1);
  REQUIRE(emulator::traffic().size() == 1);
  CHECK(emulator::traffic()[0].launcher == launcher);
  emulator::reset_counts();
  emulator::reset_traffic();
}

}  // namespace

TEST_CASE("reference libraries: they compute what the kernels compute") {
  const ConvGeometry geometry{2, 1};
  const Shape x{2, 9, 8, 5}, w{6, 3, 3, 5}, y{2, 5, 4, 6};
  for (const DType dtype : {DType::Float32, DType::BFloat16}) {
    CAPTURE(dtype);
    const Array of_x = numbers(x, 1, dtype), of_w = numbers(w, 2, dtype), of_y = numbers(y, 3, dtype);
    check_alike("conv_fprop", Array(y, 0, dtype), [&](Array& result, const Context& ctx) {
      ctx.backend().conv_fprop(result.view(), of_x.view(), of_w.view(), geometry, ctx);
    });
    check_alike("conv_dgrad", Array(x, 0, dtype), [&](Array& result, const Context& ctx) {
      ctx.backend().conv_dgrad(result.view(), of_y.view(), of_w.view(), geometry, ctx);
    });
    for (const DType of_dw : {dtype, DType::Float32})
      for (const GradMode mode : {GradMode::Overwrite, GradMode::Accumulate})
        check_alike("conv_wgrad", numbers(w, 4, of_dw), [&](Array& result, const Context& ctx) {
          ctx.backend().conv_wgrad(result.view(), of_x.view(), of_y.view(), geometry, mode, ctx);
        });
    for (const Transpose op : {Transpose::No, Transpose::Yes}) {
      const bool straight = op == Transpose::No;
      const Array a = numbers(straight ? Shape{5, 1, 1, 9} : Shape{9, 1, 1, 5}, 5, dtype);
      const Array b = numbers(straight ? Shape{9, 1, 1, 7} : Shape{7, 1, 1, 9}, 6, dtype);
      check_alike("gemm", Array({5, 1, 1, 7}, 0, dtype), [&](Array& result, const Context& ctx) {
        ctx.backend().gemm(result.view(), a.view(), op, b.view(), op, ctx);
      });
    }
  }
}

TEST_CASE("reference libraries: captured, replayed, and watched") {
  using emulator::DeviceArray;
  const Backend& backend = emulated_with_libraries;
  const emulator::Queue first, second;
  auto main = std::make_unique<Context>(backend, 1, first);
  const Context side(backend, 1, second);
  const DeviceArray<float> a(std::vector<float>(4, 1)), b(std::vector<float>(4, 2)), result(4);
  auto c = std::make_unique<DeviceArray<float>>(4);
  const Shape shape{2, 1, 1, 2};
  cudaDeviceSynchronize();
  const auto multiply = [&](float* to, const float* from, const Context& ctx) {
    backend.gemm(View(to, shape), ConstView(from, shape), Transpose::No, View(b.data(), shape), Transpose::No,
                 ctx);
  };
  SUBCASE("a graph outlives the context, but not its memory") {
    backend.begin_capture(*main);
    multiply(c->data(), a.data(), *main);
    CUgraphExec_st* const graph = backend.end_capture(*main);
    main.reset();
    CHECK(std::isnan(c->values()[0]));
    backend.replay(graph, side);
    backend.synchronize(side);
    CHECK(c->values() == std::vector<float>(4, 4));
    c.reset();
    CHECK_THROWS_WITH_AS(backend.replay(graph, side), doctest::Contains("gemm: c, 16 bytes at"),
                         emulator::Error);
    backend.release_graph(graph);
  }
  SUBCASE("their memory is the device's, and large enough") {
    std::vector<float> host(4, 1);
    CHECK_THROWS_WITH_AS(multiply(host.data(), a.data(), *main), doctest::Contains("gemm: c, 16 bytes at"),
                         emulator::Error);
    CHECK_THROWS_WITH_AS(multiply(c->data(), a.data() + 1, *main), doctest::Contains("gemm: a, 16 bytes at"),
                         emulator::Error);
  }
  SUBCASE("they race with each other") {
    multiply(c->data(), a.data(), *main);
    CHECK_THROWS_WITH_AS(multiply(result.data(), c->data(), side), doctest::Contains("two streams access"),
                         emulator::Error);
    backend.wait_for(side, *main);
    CHECK_NOTHROW(multiply(result.data(), c->data(), side));
  }
}
