// What the tests of the kernels share: backends, shapes to try, an inner product, the same bits on any thread
// count.
#pragma once

#include <cstring>

#include "kernels/check.h"
#include "tests/compare.h"

namespace bauta::test {

// What this program tests: the CPU's instruction sets (backends_cpu.cpp), the card (backends_cuda.cpp), or
// the card's kernels in the emulator (tests/emulator/backends.cpp). The same test cases serve all three.
struct BackendUnderTest {
  const Backend* backend;
  std::vector<int> threads;   // thread counts to run on
  std::vector<DType> dtypes;  // storage it knows
  bool own_memory;            // whether arrays must be lent to it
};
const std::vector<BackendUnderTest>& backends_under_test();

// A context that arrays are lent to while it lives.
class TestContext {
 public:
  TestContext(const BackendUnderTest& tested, int threads) : context_(*tested.backend, threads) {
    if (tested.own_memory) borrower() = &context_;
  }
  ~TestContext() { borrower() = nullptr; }
  TestContext(const TestContext&) = delete;
  TestContext& operator=(const TestContext&) = delete;
  const Context& operator*() const { return context_; }

 private:
  Context context_;
};

// Runs a body on every backend under test, on one thread and on several, with every storage it knows.
inline void on_every_storage(const std::function<void(const Context&, DType)>& body) {
  for (const BackendUnderTest& tested : backends_under_test())
    for (int threads : tested.threads)
      for (DType dtype : tested.dtypes) {
        CAPTURE(std::string(tested.backend->name));
        CAPTURE(threads);
        CAPTURE(dtype);
        body(*TestContext(tested, threads), dtype);
      }
}

// The same with float32 alone, for what does not depend on storage.
inline void on_every_backend(const std::function<void(const Context&)>& body) {
  for (const BackendUnderTest& tested : backends_under_test())
    for (int threads : tested.threads) {
      CAPTURE(std::string(tested.backend->name));
      CAPTURE(threads);
      body(*TestContext(tested, threads));
    }
}

// No picture, one pixel, one row, odd channel counts, and one shape large enough for several threads.
inline const std::vector<Shape>& shapes_to_try() {
  static const std::vector<Shape> shapes = {{0, 3, 4, 5}, {1, 1, 1, 1},  {2, 1, 1, 3},   {2, 1, 7, 3},
                                            {2, 5, 3, 5}, {1, 6, 5, 64}, {1, 3, 2, 257}, {2, 61, 63, 5}};
  return shapes;
}

inline double dot(const Array& a, const Array& b) {
  REQUIRE(a.shape == b.shape);
  double sum = 0;
  for (std::size_t i = 0; i < a.values.size(); ++i)
    sum += static_cast<double>(a[i]) * static_cast<double>(b[i]);
  return sum;
}

// <a x, y> == <x, a' y>, both given computed: the definition of an adjoint.
inline void check_adjoint(const Array& ax, const Array& y, const Array& x, const Array& aty) {
  // Rounding errors go with the results, and with the partial sums of what cancels.
  double scale = 1, squares = 0;
  for (std::size_t i = 0; i < y.values.size(); ++i)
    scale += std::abs(static_cast<double>(ax[i]) * static_cast<double>(y[i]));
  for (std::size_t i = 0; i < x.values.size(); ++i) {
    const double product = static_cast<double>(x[i]) * static_cast<double>(aty[i]);
    squares += product * product;
  }
  scale += std::sqrt(squares);
  CHECK(std::abs(dot(ax, y) - dot(x, aty)) <= 1e-6 * scale);
}

inline bool same_bits(const Array& a, const Array& b) {
  return a.shape == b.shape && (a.values.empty() || std::memcmp(a.values.data(), b.values.data(),
                                                                a.values.size() * sizeof(float)) == 0);
}

// f must give the same bits whatever the number of threads, on each backend; and, on a card, in every run.
inline void check_thread_count_does_not_matter(const std::function<Array(const Context&)>& f) {
  for (const BackendUnderTest& tested : backends_under_test()) {
    CAPTURE(std::string(tested.backend->name));
    const Array expected = f(*TestContext(tested, 1));
    for (int threads : {2, 3, 7}) {
      CAPTURE(threads);
      CHECK(same_bits(f(*TestContext(tested, threads)), expected));
    }
  }
}

}  // namespace bauta::test
