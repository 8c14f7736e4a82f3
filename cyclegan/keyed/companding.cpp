#include "cyclegan/keyed/companding.h"

#include <algorithm>
#include <cmath>

namespace bauta {
namespace {

double full_scale() { return std::asinh(kLargestDifference / kCompandingLevels); }

}  // namespace

int compand(int difference, int k) {
  const double code = k * std::asinh(difference / kCompandingLevels) / full_scale();
  return std::clamp(static_cast<int>(std::lround(code)), -k, k);
}

int expand(int code, int k) {
  return static_cast<int>(std::lround(kCompandingLevels * std::sinh(code * full_scale() / k)));
}

}  // namespace bauta
