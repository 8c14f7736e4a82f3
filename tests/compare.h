// How tests compare numbers: the one place for tolerances, and the numerical gradient.
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "kernels/backend.h"
#include "kernels/context.h"
#include "kernels/random.h"
#include "kernels/view.h"

namespace bauta::test {

// |actual - expected| <= absolute + relative * (largest |expected|). float storage, float accumulation.
struct Tolerance {
  double absolute = 1e-6;
  double relative = 2e-5;
};

// For central differences of float functions.
constexpr Tolerance kNumericalGradient{1e-3, 1e-2};

// A shape and its values, for tests that look at kernels without a tensor library.
struct Array {
  Shape shape;
  std::vector<float> values;

  Array() = default;
  explicit Array(Shape s, float value = 0) : shape(s), values(s.count(), value) {}
  View view() { return {values.data(), shape}; }
  ConstView view() const { return {values.data(), shape}; }
  float& operator[](std::size_t i) { return values[i]; }
  float operator[](std::size_t i) const { return values[i]; }
  float& at(int n, int h, int w, int c) { return values[index(n, h, w, c)]; }
  float at(int n, int h, int w, int c) const { return values[index(n, h, w, c)]; }

 private:
  std::size_t index(int n, int h, int w, int c) const {
    const auto at = ((static_cast<std::ptrdiff_t>(n) * shape.h + h) * shape.w + w) * shape.c + c;
    return static_cast<std::size_t>(at);
  }
};

// The same numbers in every run, uniform in [low, high).
inline Array random_array(Shape shape, std::uint64_t seed = 1, double low = -1, double high = 1) {
  Array array(shape);
  const RandomStream stream{seed, 0};
  for (std::size_t i = 0; i < array.values.size(); ++i)
    array[i] = static_cast<float>(low + (high - low) * stream.uniform(i));
  return array;
}

inline void check_close(const std::vector<float>& actual, const std::vector<float>& expected,
                        Tolerance tolerance = {}, const std::string& what = "") {
  REQUIRE(actual.size() == expected.size());
  double largest = 0, worst = 0;
  std::size_t where = 0;
  bool finite = true;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    largest = std::max(largest, std::abs(static_cast<double>(expected[i])));
    const double error = std::abs(static_cast<double>(actual[i]) - expected[i]);
    if (!std::isfinite(actual[i])) finite = false;
    if (error > worst) worst = error, where = i;
  }
  CAPTURE(what);
  CAPTURE(where);
  CAPTURE(largest);
  CHECK(finite);
  CHECK(worst <= tolerance.absolute + tolerance.relative * largest);
}

inline void check_close(const Array& actual, const Array& expected, Tolerance tolerance = {},
                        const std::string& what = "") {
  CHECK(actual.shape == expected.shape);
  check_close(actual.values, expected.values, tolerance, what);
}

// d f / d x by central differences; f must read x.
inline Array numerical_gradient(Array& x, const std::function<double()>& f, float step = 1e-2f) {
  Array gradient(x.shape);
  for (std::size_t i = 0; i < x.values.size(); ++i) {
    const float before = x[i];
    x[i] = before + step;
    const double above = f();
    x[i] = before - step;
    const double below = f();
    x[i] = before;
    gradient[i] = static_cast<float>((above - below) / (2.0 * static_cast<double>(step)));
  }
  return gradient;
}

// Runs a body on every backend of this machine, on one thread and on several.
inline void on_every_backend(const std::function<void(const Context&)>& body) {
  for (const Backend* backend : available_backends())
    for (int threads : {1, 3}) {
      CAPTURE(backend->name);
      CAPTURE(threads);
      body(Context(*backend, threads));
    }
}

}  // namespace bauta::test
