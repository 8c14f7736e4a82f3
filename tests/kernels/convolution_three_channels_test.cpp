// Convolutions between three channels and many, for which a card has kernels of their own, that cut pictures
// into tiles of 8 or more rows and 26 to 32 columns and channels into groups of 16 or 32.
#include "kernels/convolution.h"
#include "tests/kernels/convolution_cases.h"

namespace bauta::test {
namespace {

// Both ways: from three channels to many, and back.
void check_both(int n, int h, int w, int channels, int taps, int padding, bool misaligned = false) {
  check_convolution({n, h, w, 3, channels, taps, taps, 1, padding}, misaligned);
  check_convolution({n, h, w, channels, 3, taps, taps, 1, padding}, misaligned);
}

TEST_CASE("convolution of three channels: every width of the network and window") {
  for (int channels : {16, 32, 48, 64, 96, 128})
    for (int taps : {3, 5, 7}) check_both(1, 11, 13, channels, taps, 0);
}

TEST_CASE("convolution of three channels: every padding that a window has") {
  for (int taps : {3, 5, 7})
    for (int padding = 0; padding <= taps; ++padding) check_both(1, 9, 10, 16, taps, padding);
}

TEST_CASE("convolution of three channels: pictures of several tiles, and batches") {
  check_both(2, 24, 47, 16, 7, 0);
  check_both(1, 41, 33, 32, 7, 0);
  check_both(1, 17, 70, 64, 7, 3);
  check_both(3, 9, 40, 48, 5, 1);
  check_both(2, 35, 36, 64, 3, 0);
}

TEST_CASE("convolution of three channels: one pixel, one row, one column") {
  for (int taps : {3, 7}) {
    check_both(2, taps, taps, 32, taps, 0);
    check_both(1, taps, 50, 16, taps, 0);
    check_both(1, 50, taps, 16, taps, 0);
    check_both(1, 1, 1, 16, taps, taps / 2);
  }
}

TEST_CASE("convolution of three channels: more tiles than blocks, so that a block has several") {
  check_convolution({1, 5 * 8 + 2, 53 * 32 + 2, 3, 32, 3, 3, 1, 0});
}

TEST_CASE("convolution of three channels: pointers aligned to an element only") {
  check_both(1, 12, 40, 32, 7, 0, true);
  check_both(1, 12, 40, 16, 3, 1, true);
  // Each by itself.
  on_every_storage([](const Context& ctx, DType dtype) {
    const ConvCase a{1, 12, 40, 3, 32, 7, 7, 1, 0};
    ConvInputs in(a, dtype);
    const ConvReference expected(a, in);
    for (Array* array : {&in.x, &in.w, &in.dy}) {
      array->misaligned = 1;
      const ConvOutputs actual(a, in, ctx);
      check_close(actual.y, expected.y, tolerance_of(dtype), "fprop");
      check_close(actual.dx, expected.dx, tolerance_of(dtype), "dgrad");
      check_close(actual.dw, expected.dw, tolerance_of(dtype), "wgrad");
      array->misaligned = 0;
    }
  });
}

TEST_CASE("convolution of three channels: a number that is none spreads as far as a window") {
  for (int taps : {3, 5, 7})
    for (bool first : {true, false}) {
      const ConvCase a{1, 20, 45, first ? 3 : 16, first ? 16 : 3, taps, taps, 1, 0};
      CAPTURE(a);
      on_every_storage([&](const Context& ctx, DType dtype) {
        for (const auto& [row, column] : {std::pair{9, 30}, {10, 31}, {12, 17}}) {
          ConvInputs in(a, dtype);
          in.x.at(0, row, column, 0) = NAN;
          const ConvOutputs out(a, in, ctx);
          int wrong = 0;
          for (int p = 0; p < a.y().h; ++p)
            for (int q = 0; q < a.y().w; ++q)
              for (int k = 0; k < a.k; ++k) {
                const bool seen = p <= row && row < p + taps && q <= column && column < q + taps;
                wrong += std::isnan(out.y.at(0, p, q, k)) != seen;
              }
          CHECK(wrong == 0);
        }
      });
    }
}

TEST_CASE("convolution of three channels: the same bits in every run") {
  for (int channels : {16, 32}) {
    check_convolution_repeats({2, 15, 44, 3, channels, 7, 7, 1, 0});
    check_convolution_repeats({2, 15, 44, channels, 3, 7, 7, 1, 0});
  }
}

}  // namespace
}  // namespace bauta::test
