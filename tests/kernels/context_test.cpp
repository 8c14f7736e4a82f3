#include "kernels/context.h"

#include "tests/kernels/kernel_helpers.h"

using namespace bauta;
using namespace bauta::test;

TEST_CASE("context: the workspace is aligned, grows, and stays") {
  const Context ctx;
  float* const small = ctx.workspace(100);
  for (std::size_t i = 0; i < 100; ++i) small[i] = 1;
  CHECK(ctx.workspace(100) == small);
  CHECK(ctx.workspace(10) == small);
  CHECK(reinterpret_cast<std::uintptr_t>(small) % 64 == 0);
  float* const large = ctx.workspace(1000003);
  CHECK(reinterpret_cast<std::uintptr_t>(large) % 64 == 0);
  for (std::size_t i = 0; i < 1000003; ++i) large[i] = 1;
  CHECK(ctx.workspace(100) == large);
}

TEST_CASE("context: backends are found by name, best first") {
  const auto& backends = available_backends();
  REQUIRE(!backends.empty());
  CHECK(std::string(backends.back()->name) == "cpu_baseline");  // it runs anywhere
  CHECK(&Context().backend() == backends.front());
  for (const Backend* backend : backends) CHECK(&backend_by_name(backend->name) == backend);
}

TEST_CASE("context: an unknown backend is refused, and the known are named") {
  CHECK_THROWS_AS(backend_by_name("abacus"), CheckError);
  CHECK_THROWS_WITH(backend_by_name("abacus"), doctest::Contains("cpu_baseline"));
}

TEST_CASE("context: threads are counted") {
  const Backend& backend = backend_by_name("cpu_baseline");
  CHECK(Context(backend, 3).threads() == 3);
  CHECK(Context(backend).threads() >= 1);
  CHECK(Context().threads() >= 1);
}

TEST_CASE("check: the message names the operation, the expression and the place") {
  const auto refuse = [](int channels) { BAUTA_CHECK(channels == 3, "there are ", channels, " channels"); };
  CHECK_NOTHROW(refuse(3));
  CHECK_THROWS_WITH(refuse(4), doctest::Contains("there are 4 channels (channels == 3, "));
  CHECK_THROWS_WITH(refuse(4), doctest::Contains("context_test.cpp:"));
}
