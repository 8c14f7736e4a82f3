#include "kernels/convolution.h"

#include <array>
#include <string>

#include "kernels/check.h"
#include "tests/kernels/convolution_cases.h"

namespace bauta::test {
namespace {

// On a card, and even more in its emulator, large cases are slow and show nothing new.
bool on_cpu() { return !backends_under_test().front().own_memory; }

TEST_CASE("convolution: the layers of the networks, narrow and small") {
  for (const ConvCase& a : {
           ConvCase{1, 22, 20, 3, 32, 7, 7, 1, 0},   // first layer
           ConvCase{2, 16, 14, 32, 64, 3, 3, 2, 1},  // downsampling
           ConvCase{1, 18, 18, 64, 64, 3, 3, 1, 0},  // residual
           ConvCase{1, 22, 26, 32, 3, 7, 7, 1, 0},   // last layer
           ConvCase{1, 16, 16, 3, 64, 4, 4, 2, 1},   // discriminator
           ConvCase{2, 9, 9, 64, 16, 4, 4, 1, 1},    //
           ConvCase{1, 9, 10, 64, 1, 4, 4, 1, 1},    //
           ConvCase{3, 1, 1, 64, 130, 1, 1, 1, 0},   // fully connected
           ConvCase{1, 12, 17, 17, 65, 1, 1, 1, 0},  // pointwise
           ConvCase{1, 8, 9, 130, 100, 3, 3, 1, 1},  // several panels and stretches
           ConvCase{1, 7, 8, 600, 70, 3, 3, 1, 1},   //
           ConvCase{1, 120, 10, 4, 5, 3, 3, 1, 1},   // several strips
           ConvCase{1, 9, 600, 3, 4, 3, 3, 1, 1},    // rows longer than a strip
       })
    check_convolution(a);
}

TEST_CASE("convolution: 3x3 of stride 1, which a CPU does by Winograd's tiles") {
  check_convolution({1, 18, 18, 32, 32, 3, 3, 1, 0});  // whole tiles
  check_convolution({1, 17, 19, 48, 80, 3, 3, 1, 1});  // tiles over the edge
  check_convolution({3, 11, 13, 64, 32, 3, 3, 1, 2});  // batches
  check_convolution({1, 1, 300, 32, 48, 3, 3, 1, 1});  // flat
  check_convolution({2, 14, 18, 32, 32, 3, 3, 1, 5});  // tiles that see only padding
  if (!on_cpu()) return;
  for (int h : {16, 17, 18, 19})  // what is left of a tile on either side
    for (int w : {16, 17, 18, 19}) check_convolution({1, h, w, 32, 32, 3, 3, 1, 1});
  check_convolution({1, 17, 17, 512, 32, 3, 3, 1, 1});
  check_convolution({2, 66, 66, 32, 32, 3, 3, 1, 1});
  check_convolution({2, 34, 35, 256, 32, 3, 3, 1, 0});  // several blocks of tiles
  check_convolution({1, 18, 17, 32, 208, 3, 3, 1, 1});  // threads share the channels
}

TEST_CASE("convolution: how far the three passes are from the definition, by tiles and directly") {
  if (!on_cpu()) return;
  const auto errors = [](const ConvCase& a, const Context& ctx) {
    const ConvInputs in(a);
    const ConvReference exact(a, in);
    const ConvOutputs actual(a, in, ctx);
    return std::array{error_of(actual.y, exact.y), error_of(actual.dx, exact.dx),
                      error_of(actual.dw, exact.dw)};
  };
  on_every_backend([&](const Context& ctx) {
    // So many filters are no whole vectors, and convolved directly.
    const auto tiles = errors({1, 20, 20, 128, 64, 3, 3, 1, 1}, ctx),
               directly = errors({1, 20, 20, 128, 56, 3, 3, 1, 1}, ctx);
    for (std::size_t pass = 0; pass < tiles.size(); ++pass) {
      MESSAGE(std::string(ctx.backend().name)
              << ", " << std::string(std::array{"fprop", "dgrad", "wgrad"}[pass]) << ": by tiles "
              << tiles[pass] << ", directly " << directly[pass]);
      CHECK(tiles[pass] < 8e-6);
      CHECK(directly[pass] < 2e-6);
    }
  });
}

TEST_CASE("convolution: every window, stride and padding") {
  for (int taps : {1, 2, 3, 4, 7})
    for (int stride : {1, 2, 3, 5})
      for (int padding : {0, 1, 2, 3, 9})
        for (const auto& [h, w] : {std::pair{8, 11}, {7, 7}, {1, 1}, {2, 9}}) {
          if (h + 2 * padding < taps || w + 2 * padding < taps) continue;
          check_convolution({1, h, w, 3, 5, taps, taps, stride, padding});
          check_convolution({1, h, w, 5, 1, taps, taps, stride, padding});
        }
}

TEST_CASE("convolution: every number of channels, and pointers aligned to an element only") {
  for (int c : {1, 3, 5, 16, 17, 64})
    for (int k : {1, 3, 5, 16, 17, 64})
      for (bool misaligned : {false, true}) {
        check_convolution({1, 6, 7, c, k, 3, 3, 1, 1}, misaligned);
        check_convolution({2, 5, 8, c, k, 4, 4, 2, 1}, misaligned);
        check_convolution({1, 3, 3, c, k, 1, 1, 1, 0}, misaligned);
      }
  check_convolution({1, 3, 4, 256, 257, 3, 3, 1, 1});
  check_convolution({1, 4, 3, 257, 256, 3, 3, 2, 1});
}

TEST_CASE("convolution: windows that are not square, and batches") {
  check_convolution({1, 9, 6, 4, 7, 1, 5, 1, 2});
  check_convolution({1, 9, 6, 4, 7, 5, 2, 2, 1});
  check_convolution({1, 9, 12, 5, 3, 3, 7, 1, 0});
  check_convolution({2, 9, 12, 20, 2, 7, 3, 1, 3});
  for (int n : {1, 2, 3}) {
    check_convolution({n, 5, 6, 8, 6, 3, 3, 1, 1});
    check_convolution({n, 30, 33, 2, 40, 3, 3, 1, 0});
    check_convolution({n, 30, 33, 2, 1, 3, 3, 1, 1});
  }
}

TEST_CASE("convolution: an empty batch changes nothing, and its dw is zero") {
  for (const ConvCase& a : {ConvCase{0, 5, 5, 3, 4, 3, 3, 1, 1}, ConvCase{0, 9, 9, 3, 16, 7, 7, 1, 0},
                            ConvCase{0, 9, 9, 16, 3, 7, 7, 1, 0}}) {
    CAPTURE(a);
    on_every_storage([&](const Context& ctx, DType dtype) {
      const ConvInputs in(a, dtype);
      const ConvOutputs actual(a, in, ctx);
      check_close(actual.dw, Array(a.weights(), 0));
      Array dw(a.weights(), 2, dtype);
      ctx.backend().conv_wgrad(dw.view(), in.x.view(), in.dy.view(), a.geometry(), GradMode::Accumulate, ctx);
      check_close(dw, Array(a.weights(), 2));
    });
  }
}

TEST_CASE("convolution: dgrad of every size of x that gives one size of y") {
  for (int stride : {1, 2, 3})
    for (int extra = 0; extra < stride; ++extra)
      check_convolution(
          {2, (5 - 1) * stride + 3 - 2 + extra, (4 - 1) * stride + 3 - 2 + extra, 6, 9, 3, 3, stride, 1});
}

TEST_CASE("convolution: the three passes are adjoint") {
  for (const ConvCase& a : {ConvCase{2, 9, 11, 5, 7, 3, 3, 2, 1}, ConvCase{1, 12, 12, 16, 3, 7, 7, 1, 3}}) {
    const ConvInputs in(a);
    on_every_backend([&](const Context& ctx) {
      const ConvOutputs out(a, in, ctx);
      const double expected = dot(out.y, in.dy);
      CHECK(dot(in.x, out.dx) == doctest::Approx(expected).epsilon(1e-5));
      CHECK(dot(in.w, out.dw) == doctest::Approx(expected).epsilon(1e-5));
    });
  }
}

TEST_CASE("convolution: gradients are the function's differences") {
  const ConvCase a{1, 4, 5, 2, 3, 3, 3, 2, 1};
  on_every_backend([&](const Context& ctx) {
    ConvInputs in(a);
    const ConvOutputs out(a, in, ctx);
    const auto loss = [&] {
      Array y(a.y());
      ctx.backend().conv_fprop(y.view(), in.x.view(), in.w.view(), a.geometry(), ctx);
      return dot(y, in.dy);
    };
    check_close(out.dx, numerical_gradient(in.x, loss), kNumericalGradient);
    check_close(out.dw, numerical_gradient(in.w, loss), kNumericalGradient);
  });
}

TEST_CASE("convolution: the same bits on any number of threads") {
  for (const ConvCase& a : {ConvCase{2, 11, 13, 17, 70, 3, 3, 1, 1}, ConvCase{3, 15, 14, 9, 33, 4, 4, 2, 1}})
    check_convolution_repeats(a);
  if (!on_cpu()) return;
  for (const ConvCase& a : {ConvCase{2, 21, 23, 17, 70, 3, 3, 1, 1}, ConvCase{1, 40, 41, 3, 20, 7, 7, 1, 0},
                            ConvCase{1, 40, 41, 20, 3, 7, 7, 1, 0}, ConvCase{3, 21, 23, 48, 64, 3, 3, 1, 1},
                            ConvCase{1, 18, 17, 208, 224, 3, 3, 1, 1}})
    check_convolution_repeats(a);
}

TEST_CASE("convolution: what is kept of the weights gives the same bits, until it is forgotten") {
  const ConvCase a{1, 18, 18, 32, 48, 3, 3, 1, 1}, larger{2, 21, 17, 32, 48, 3, 3, 1, 1};
  const ConvCase too_small_for_tiles{1, 8, 8, 32, 48, 3, 3, 1, 1}, by_phases{1, 9, 9, 16, 33, 3, 3, 2, 1};
  on_every_backend([&](const Context& ctx) {
    for (const std::vector<ConvCase>& calls :
         {std::vector{a, a, larger, too_small_for_tiles, a, a}, std::vector{by_phases, by_phases}}) {
      KeptForms fprop, dgrad;
      ConvInputs weights(calls.front());
      const auto check = [&](const ConvCase& call) {
        ConvInputs in(call);
        in.w = weights.w;
        const ConvOutputs expected(call, in, ctx);
        Array y(call.y()), dx(call.x());
        ctx.backend().conv_fprop(y.view(), in.x.view(), {in.w.view(), &fprop}, call.geometry(), ctx);
        ctx.backend().conv_dgrad(dx.view(), in.dy.view(), {in.w.view(), &dgrad}, call.geometry(), ctx);
        CHECK(y.values == expected.y.values);
        CHECK(dx.values == expected.dx.values);
      };
      for (const ConvCase& call : calls) check(call);
      weights.w = random_array(calls.front().weights(), 9);
      fprop.forget();
      dgrad.forget();
      for (const ConvCase& call : calls) check(call);
    }
  });
}

TEST_CASE("convolution: shapes that do not fit are refused") {
  on_every_backend([](const Context& ctx) {
    const Backend& backend = ctx.backend();
    Array x({1, 6, 6, 3}), w({4, 3, 3, 3}), y({1, 4, 4, 4});
    const ConvGeometry plain;
    CHECK_NOTHROW(backend.conv_fprop(y.view(), x.view(), w.view(), plain, ctx));
    CHECK_THROWS_AS(backend.conv_fprop(y.view(), x.view(), w.view(), {1, 1}, ctx), CheckError);
    CHECK_THROWS_AS(backend.conv_fprop(y.view(), x.view(), w.view(), {0, 0}, ctx), CheckError);
    CHECK_THROWS_AS(backend.conv_dgrad(x.view(), y.view(), w.view(), {1, -1}, ctx), CheckError);
    CHECK_THROWS_AS(backend.conv_wgrad(w.view(), y.view(), x.view(), plain, GradMode::Overwrite, ctx),
                    CheckError);
    Array channels({4, 3, 3, 2}), large({4, 7, 7, 3}), batch({2, 6, 6, 3}), empty({1, 0, 0, 4});
    CHECK_THROWS_AS(backend.conv_fprop(y.view(), x.view(), channels.view(), plain, ctx), CheckError);
    CHECK_THROWS_AS(backend.conv_fprop(y.view(), batch.view(), w.view(), plain, ctx), CheckError);
    CHECK_THROWS_AS(backend.conv_fprop(empty.view(), x.view(), large.view(), plain, ctx), CheckError);
  });
}

TEST_CASE("convolution: storage that differs is refused, but for a float32 dw") {
  on_every_backend([](const Context& ctx) {
    const Backend& backend = ctx.backend();
    const ConvGeometry plain;
    Array x({1, 6, 6, 3}), w({4, 3, 3, 3}), y({1, 4, 4, 4});
    for (Array* odd : {&x, &w, &y}) {
      odd->dtype = DType::BFloat16;
      CHECK_THROWS_AS(backend.conv_fprop(y.view(), x.view(), w.view(), plain, ctx), CheckError);
      CHECK_THROWS_AS(backend.conv_dgrad(x.view(), y.view(), w.view(), plain, ctx), CheckError);
      CHECK_THROWS_AS(backend.conv_wgrad(w.view(), x.view(), y.view(), plain, GradMode::Overwrite, ctx),
                      CheckError);
      odd->dtype = DType::Float32;
    }
  });
}

}  // namespace
}  // namespace bauta::test
