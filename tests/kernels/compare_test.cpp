#include "tests/compare.h"

#include <limits>

using namespace bauta::test;

TEST_CASE("compare: what is no number, or infinite, meets its like alone") {
  const float nan = std::numeric_limits<float>::quiet_NaN(), inf = std::numeric_limits<float>::infinity();
  const auto close = [](const std::vector<float>& actual, const std::vector<float>& expected) {
    return difference(actual, expected).within({});
  };
  CHECK(close({1, nan, inf, -inf}, {1, nan, inf, -inf}));
  CHECK_FALSE(close({1, 2, 3}, {1, nan, 3}));
  CHECK_FALSE(close({1, nan, 3}, {1, 2, 3}));
  CHECK_FALSE(close({inf, 77, 3}, {inf, 2, 3}));
  CHECK_FALSE(close({1, 2, 3}, {inf, 2, 3}));
  CHECK_FALSE(close({-inf, 2, 3}, {inf, 2, 3}));
  CHECK_FALSE(close({inf, 2, 3}, {1, 2, 3}));
}

TEST_CASE("compare: a relative tolerance is of the largest number") {
  CHECK(difference({1000, 1.5f}, {1000, 1}).within({0, 1e-3}));
  CHECK_FALSE(difference({1000, 2.5f}, {1000, 1}).within({0, 1e-3}));
}
