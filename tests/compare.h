// How tests compare numbers: the one place for tolerances, and the numerical gradient.
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "tests/array.h"

namespace bauta::test {

// |actual - expected| <= absolute + relative * (largest |expected|). float storage, float accumulation.
struct Tolerance {
  double absolute = 1e-6;
  double relative = 2e-5;
};

// What storage adds to it: half a unit in bfloat16's eighth bit, for inputs that were rounded before.
constexpr Tolerance tolerance_of(DType type, Tolerance float32 = {}) {
  if (type == DType::Float32) return float32;
  return {float32.absolute, float32.relative + 0x1p-8};
}

// For central differences of float functions.
constexpr Tolerance kNumericalGradient{1e-3, 1e-2};

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

}  // namespace bauta::test
