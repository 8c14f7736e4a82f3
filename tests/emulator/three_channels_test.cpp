// Which of the card's kernels a convolution takes: the results alone do not tell.
#include <doctest/doctest.h>

#include "tests/emulator/emulator.h"
#include "tests/kernels/convolution_cases.h"

using namespace bauta;
using namespace bauta::test;

namespace {

// The launchers of fprop, dgrad and wgrad, those that add parts up among them.
std::vector<std::string> launchers(const ConvCase& a, const Context& ctx, DType dtype, bool misaligned) {
  const emulator::ScopedOptions restored;
  ConvInputs in(a, dtype);
  in.x.misaligned = in.w.misaligned = in.dy.misaligned = misaligned;
  emulator::options.count_bytes = true;
  emulator::reset_traffic();
  const ConvOutputs out(a, in, ctx);
  std::vector<std::string> result;
  for (const emulator::LaunchTraffic& launch : emulator::traffic()) result.push_back(launch.launcher);
  return result;
}

}  // namespace

TEST_CASE("convolution of three channels: has kernels of its own where it fits them") {
  using Names = std::vector<std::string>;
  const Names first = {"correlate_from_three", "correlate_to_three", "wgrad_of_three", "wgrad_of_three"};
  const Names last = {"correlate_to_three", "correlate_from_three", "wgrad_of_three", "wgrad_of_three"};
  const Names plain = {"conv_fprop", "conv_dgrad", "conv_wgrad"};
  on_every_storage([&](const Context& ctx, DType dtype) {
    for (int channels : {16, 32, 48, 64, 128}) {
      CHECK(launchers({1, 9, 9, 3, channels, 7, 7, 1, 0}, ctx, dtype, false) == first);
      CHECK(launchers({1, 9, 9, channels, 3, 7, 7, 1, 0}, ctx, dtype, false) == last);
    }
    CHECK(launchers({1, 9, 9, 3, 64, 3, 3, 1, 2}, ctx, dtype, false) == first);
    CHECK(launchers({1, 9, 9, 3, 64, 7, 7, 1, 0}, ctx, dtype, true)[0] == plain[0]);
    for (const ConvCase& a : {ConvCase{1, 9, 9, 3, 3, 7, 7, 1, 0}, ConvCase{1, 9, 9, 3, 24, 7, 7, 1, 0},
                              ConvCase{1, 9, 9, 3, 64, 4, 4, 1, 0}, ConvCase{1, 9, 9, 3, 64, 7, 5, 1, 0},
                              ConvCase{1, 9, 9, 3, 64, 3, 3, 2, 0}, ConvCase{1, 9, 9, 3, 64, 3, 3, 1, 3},
                              ConvCase{1, 9, 9, 4, 64, 3, 3, 1, 1}}) {
      CAPTURE(a);
      CHECK(launchers(a, ctx, dtype, false) == plain);
    }
  });
}
