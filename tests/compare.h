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

// |actual - expected| <= absolute + relative * (the largest finite |expected| of the whole array, not the
// element's own: small numbers beside large ones are held to what the large ones allow). What is not a number
// meets what is none, an infinity the same one. float storage, float accumulation.
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

struct Difference {
  double largest = 0,
         worst = 0;       // worst is infinite where one number is none, or infinite, and the other not
  std::size_t where = 0;  // the worst

  bool within(Tolerance tolerance) const {
    return worst <= tolerance.absolute + tolerance.relative * largest;
  }
};

inline Difference difference(const std::vector<float>& actual, const std::vector<float>& expected) {
  Difference result;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    double error = 0;
    if (std::isfinite(actual[i]) && std::isfinite(expected[i])) {
      result.largest = std::max(result.largest, std::abs(static_cast<double>(expected[i])));
      error = std::abs(static_cast<double>(actual[i]) - expected[i]);
    } else if (actual[i] != expected[i] && !(std::isnan(actual[i]) && std::isnan(expected[i]))) {
      error = HUGE_VAL;
    }
    if (error > result.worst) result.worst = error, result.where = i;
  }
  return result;
}

inline void check_close(const std::vector<float>& actual, const std::vector<float>& expected,
                        Tolerance tolerance = {}, const std::string& what = "") {
  REQUIRE(actual.size() == expected.size());
  const auto found = difference(actual, expected);
  CAPTURE(what);
  CAPTURE(found.where);
  CAPTURE(found.largest);
  CAPTURE(found.worst);
  CHECK(found.within(tolerance));
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
