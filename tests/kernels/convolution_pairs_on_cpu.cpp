// Convolution with factors of 16 bits (kernels/convolution_pairs.h, kernels/convolution_integers.h): by the
// CPU's instructions, where it has them, and by their emulation, on any machine with AVX2.
#include "kernels/backend.h"
#include "tests/kernels/rounded_convolution.h"

namespace bauta {
// Only of this program.
namespace cpu_emulated_bf16 {
extern const Backend backend;
}
namespace cpu_emulated_amx {
extern const Backend backend;
bool tiles_multiply();
}  // namespace cpu_emulated_amx

namespace test {
namespace {

// The emulations first.
std::vector<const Backend*> bf16_backends() {
  std::vector<const Backend*> backends{&cpu_emulated_bf16::backend, &cpu_emulated_amx::backend};
  if (bf16_backend()) backends.push_back(bf16_backend());
  return backends;
}

// A transform that lies between two integers may be rounded to either, which the sum of its row shows; but
// that is seldom.
void check_tiles(const Array& actual, const Array& expected) {
  check_close(actual, expected, {1e-6, 1e-3});
  const double largest = difference(actual.values, expected.values).largest;
  std::size_t apart = 0;
  for (std::size_t i = 0; i < expected.values.size(); ++i)
    apart += std::abs(double{actual[i]} - double{expected[i]}) > 2e-5 * largest;
  CHECK(apart <= expected.values.size() / 5);
}

Array fprop(const ConvCase& a, const Array& x, const Array& w, const Context& ctx,
            KeptForms* forms = nullptr) {
  Array y(a.y(), NAN);
  y.misaligned = x.misaligned;
  ctx.backend().conv_fprop(y.view(), x.view(), {w.view(), forms}, a.geometry(), ctx);
  return y;
}

Array dgrad(const ConvCase& a, const Array& dy, const Array& w, const Context& ctx,
            KeptForms* forms = nullptr) {
  Array dx(a.x(), NAN);
  dx.misaligned = dy.misaligned;
  ctx.backend().conv_dgrad(dx.view(), dy.view(), {w.view(), forms}, a.geometry(), ctx);
  return dx;
}

void check_fprop(const ConvCase& a, bool misaligned = false) {
  CAPTURE(a);
  Array x = random_array(a.x(), 1), w = random_array(a.weights(), 2);
  const Array expected = by_tiles(a) ? tile_by_tile(a, x, w) : of_rounded(a, x, w);
  for (Array* array : {&x, &w}) array->misaligned = misaligned;
  for (const Backend* backend : bf16_backends())
    for (int threads : {1, 3}) {
      CAPTURE(backend->name);
      CAPTURE(threads);
      const Array actual = fprop(a, x, w, Context(*backend, threads));
      if (by_tiles(a))
        check_tiles(actual, expected);
      else
        check_close(actual, expected);
    }
}

// by_tiles() must not hold with channels swapped.
void check_dgrad(const ConvCase& a) {
  CAPTURE(a);
  const Array dy = random_array(a.y(), 3), w = random_array(a.weights(), 2);
  const Array expected = gradient_of_rounded(a, dy, w);
  for (const Backend* backend : bf16_backends()) {
    CAPTURE(backend->name);
    check_close(dgrad(a, dy, w, Context(*backend, 2)), expected);
  }
}

TEST_CASE("convolution of 16-bit factors: the layers of the networks, narrow and small") {
  for (const ConvCase& a : {
           ConvCase{1, 22, 20, 3, 32, 7, 7, 1, 0},   // first layer
           ConvCase{2, 16, 14, 32, 64, 3, 3, 2, 1},  // downsampling
           ConvCase{1, 22, 26, 32, 3, 7, 7, 1, 0},   // last layer
           ConvCase{1, 16, 16, 3, 64, 4, 4, 2, 1},   // discriminator
           ConvCase{1, 9, 10, 64, 1, 4, 4, 1, 1},    //
           ConvCase{3, 1, 1, 64, 130, 1, 1, 1, 0},   // fully connected
           ConvCase{1, 8, 9, 130, 100, 3, 3, 1, 1},  // several panels and stretches
           ConvCase{1, 7, 8, 600, 70, 3, 3, 1, 1},   //
           ConvCase{1, 120, 10, 4, 5, 3, 3, 1, 1},   // several strips
           ConvCase{1, 9, 600, 3, 4, 3, 3, 1, 1},    // rows longer than a strip
       })
    check_fprop(a);
}

TEST_CASE("convolution of 16-bit factors: every number of channels, odd ones too, wherever they lie") {
  for (int c : {1, 3, 9, 10, 16, 17, 33})
    for (int k : {1, 3, 16, 17, 31, 47, 64, 65})
      for (bool misaligned : {false, true}) {
        check_fprop({1, 6, 7, c, k, 3, 3, 1, 1}, misaligned);
        check_fprop({2, 5, 8, c, k, 4, 4, 2, 1}, misaligned);
        check_fprop({1, 3, 3, c, k, 1, 1, 1, 0}, misaligned);
      }
}

TEST_CASE(
    "convolution of 16-bit factors: every window, stride and padding, and every rest of a tile's rows") {
  for (int taps : {1, 2, 3, 4, 7})
    for (int stride : {1, 2, 3})
      for (int padding : {0, 1, 3, 9})
        for (const auto& [h, w] : {std::pair{8, 11}, {7, 7}, {1, 1}, {2, 9}})
          if (h + 2 * padding >= taps && w + 2 * padding >= taps)
            check_fprop({1, h, w, 9, 5, taps, taps, stride, padding});
  for (int width = 1; width <= 13; ++width)
    for (int k : {16, 32, 48, 64}) check_fprop({1, 1, width, 10, k, 1, 1, 1, 0});
}

TEST_CASE("convolution of 16-bit factors: 3x3 of stride 1, by tiles") {
  check_fprop({1, 18, 18, 32, 32, 3, 3, 1, 0});   // whole tiles
  check_fprop({1, 17, 19, 48, 80, 3, 3, 1, 1});   // tiles over the edge, panels of two widths
  check_fprop({3, 11, 13, 64, 32, 3, 3, 1, 2});   // batches
  check_fprop({1, 1, 300, 32, 48, 3, 3, 1, 1});   // flat
  check_fprop({2, 14, 18, 32, 96, 3, 3, 1, 5});   // tiles that see only padding
  check_fprop({1, 17, 17, 512, 32, 3, 3, 1, 1});  //
  check_fprop({2, 40, 35, 32, 144, 3, 3, 1, 0});  // several blocks of tiles
}

TEST_CASE("convolution of 16-bit factors: by tiles it is closer to the definition than by rounding x and w") {
  // Of like size; and of channels and filters whose sizes differ a thousandfold.
  for (bool uneven : {false, true}) {
    CAPTURE(uneven);
    const ConvCase a{1, 20, 20, 128, 64, 3, 3, 1, 1};
    ConvInputs in(a);
    if (uneven) {
      const auto size = [](std::size_t i) { return std::exp2(static_cast<float>(i * 7 % 11) - 5); };
      for (std::size_t i = 0; i < in.x.values.size(); ++i) in.x[i] *= size(i % 128) * size(i / 128 / 100);
      for (std::size_t i = 0; i < in.w.values.size(); ++i) in.w[i] *= size(i / (9 * 128)) / size(i % 128);
    }
    const ConvReference exact(a, in);
    const double of_rounding = error_of(of_rounded(a, in.x, in.w), exact.y);
    ConvCase direct = a;  // float32 beside them: by tiles, and directly, as so many filters are convolved
    direct.k = 24;
    ConvInputs few(direct);
    few.x = in.x;
    const Context float32;
    MESSAGE(
        "float32 by tiles " << error_of(fprop(a, in.x, in.w, float32), exact.y) << ", directly "
                            << error_of(fprop(direct, few.x, few.w, float32), ConvReference(direct, few).y));
    for (const Backend* backend : bf16_backends()) {
      CAPTURE(backend->name);
      const double error = error_of(fprop(a, in.x, in.w, Context(*backend, 2)), exact.y);
      MESSAGE("by tiles " << error << ", x and w rounded " << of_rounding);
      CHECK(error > 1e-5);  // it is no float32
      CHECK(error < of_rounding);
    }
  }
}

TEST_CASE("convolution of 16-bit factors: tiles of zeros, and what is no number stays in its tile") {
  const ConvCase a{1, 18, 18, 32, 32, 3, 3, 1, 0};
  const Array w = random_array(a.weights(), 2);
  for (const Backend* backend : bf16_backends()) {
    const Context ctx(*backend, 2);
    CHECK(fprop(a, Array(a.x(), 0), w, ctx).values == Array(a.y(), 0).values);
    CHECK(fprop(a, random_array(a.x(), 1), Array(a.weights(), 0), ctx).values == Array(a.y(), 0).values);
    Array x = random_array(a.x(), 1);
    const Array before = fprop(a, x, w, ctx);
    for (float value : {NAN, INFINITY}) {
      x.at(0, 2, 2, 5) = value;  // seen by the first tile alone
      const Array after = fprop(a, x, w, ctx);
      CHECK(!std::isfinite(after.at(0, 1, 1, 7)));
      CHECK(after.at(0, 1, 4, 7) == before.at(0, 1, 4, 7));
      CHECK(after.at(0, 4, 1, 7) == before.at(0, 4, 1, 7));
    }
  }
}

TEST_CASE("convolution of 16-bit factors: no sum overflows, however the numbers lie") {
  // All alike and of one sign; and all of a row's length in one number.
  for (bool alike : {true, false}) {
    CAPTURE(alike);
    const ConvCase a{1, 16, 16, 512, 32, 3, 3, 1, 1};
    Array x(a.x(), alike ? 3e4f : 0), w(a.weights(), alike ? -2e-3f : 0);
    if (!alike) {
      for (std::size_t i = 0; i < x.values.size(); i += 512) x[i] = 1e6f;
      for (std::size_t i = 0; i < w.values.size(); i += 512) w[i] = 1e5f;
    }
    ConvInputs in(a);
    in.x = x, in.w = w;
    const ConvReference exact(a, in);
    for (const Backend* backend : bf16_backends())
      check_close(fprop(a, x, w, Context(*backend, 2)), exact.y, {1e-6, 5e-3});
  }
}

TEST_CASE("convolution of 16-bit factors: dgrad, of every phase") {
  for (int stride : {1, 2, 3})
    for (int extra = 0; extra < stride; ++extra)
      check_dgrad(
          {2, (5 - 1) * stride + 3 - 2 + extra, (4 - 1) * stride + 3 - 2 + extra, 6, 11, 3, 3, stride, 1});
  check_dgrad({1, 16, 16, 32, 64, 3, 3, 2, 1});  // a transposed convolution of the networks
  check_dgrad({1, 20, 22, 3, 32, 7, 7, 1, 3});
  check_dgrad({1, 9, 9, 17, 33, 4, 4, 1, 1});
}

TEST_CASE("convolution of 16-bit factors: dgrad of stride 1 is fprop with the taps turned around") {
  const ConvCase a{1, 19, 18, 48, 64, 3, 3, 1, 1}, turned{1, 19, 18, 64, 48, 3, 3, 1, 1};
  const Array dy = random_array(a.y(), 3), w = random_array(a.weights(), 2);
  Array around(turned.weights());
  for (int k = 0; k < a.k; ++k)
    for (int tap = 0; tap < 9; ++tap)
      for (int c = 0; c < a.c; ++c)
        around[static_cast<std::size_t>((c * 9 + 8 - tap) * a.k + k)] =
            w[static_cast<std::size_t>((k * 9 + tap) * a.c + c)];
  for (const Backend* backend : bf16_backends()) {
    const Context ctx(*backend, 2);
    CHECK(same_bits(dgrad(a, dy, w, ctx), fprop(turned, dy, around, ctx)));
  }
}

TEST_CASE(
    "convolution of 16-bit factors: the same bits on any number of threads, of kept weights, and "
    "emulated") {
  for (const ConvCase& a :
       {ConvCase{2, 21, 23, 17, 70, 3, 3, 1, 1}, ConvCase{1, 40, 41, 3, 20, 7, 7, 1, 0},
        ConvCase{1, 40, 41, 20, 3, 7, 7, 1, 0}, ConvCase{3, 21, 23, 48, 64, 3, 3, 1, 1},
        ConvCase{1, 18, 17, 208, 224, 3, 3, 1, 1}, ConvCase{1, 31, 33, 32, 48, 3, 3, 2, 1}}) {
    CAPTURE(a);
    const ConvInputs in(a);
    const Context plain(cpu_emulated_bf16::backend, 1);
    const Array y = fprop(a, in.x, in.w, plain), dx = dgrad(a, in.dy, in.w, plain);
    for (const Backend* backend : bf16_backends())
      for (int threads : {1, 2, 3, 7}) {
        CAPTURE(backend->name);
        CAPTURE(threads);
        const Context ctx(*backend, threads);
        KeptForms of_fprop, of_dgrad;
        for (int call = 0; call < 2; ++call) {
          CHECK(same_bits(fprop(a, in.x, in.w, ctx, &of_fprop), y));
          CHECK(same_bits(dgrad(a, in.dy, in.w, ctx, &of_dgrad), dx));
        }
        CHECK(same_bits(fprop(a, in.x, in.w, ctx), y));
        CHECK(same_bits(dgrad(a, in.dy, in.w, ctx), dx));
      }
  }
}

TEST_CASE("convolution of 16-bit factors: denormal, huge and infinite numbers give the same bits emulated") {
  if (!bf16_backend()) return;
  const ConvCase a{1, 1, 256, 16, 16, 1, 1, 1, 0};
  Array x = random_array(a.x(), 4), w = random_array(a.weights(), 5);
  for (std::size_t i = 0; i < x.values.size(); ++i)
    x[i] =
        std::ldexp(x[i], static_cast<int>(i / 16 % 128) - 130);  // down to what bfloat16 keeps as a denormal
  x[0] = INFINITY, x[9] = NAN, x[18] = 3.4e38f, x[27] = -INFINITY, x[36] = 3e38f;
  const Array expected = fprop(a, x, w, Context(cpu_emulated_bf16::backend, 1));
  const Array actual = fprop(a, x, w, Context(*bf16_backend(), 1));
  CHECK(std::isnan(actual[0]));
  for (std::size_t i = 0; i < expected.values.size(); ++i) {
    CAPTURE(i);
    CHECK((actual[i] == expected[i] || (std::isnan(actual[i]) && std::isnan(expected[i]))));
  }
}

TEST_CASE("convolution of 16-bit factors: an empty batch, and what does not fit, or is no float32") {
  for (const Backend* backend : bf16_backends()) {
    const Context ctx(*backend, 2);
    for (const ConvCase& a : {ConvCase{0, 5, 5, 3, 4, 3, 3, 1, 1}, ConvCase{0, 9, 9, 64, 64, 3, 3, 1, 1}}) {
      const ConvInputs in(a);
      CHECK(fprop(a, in.x, in.w, ctx).values.empty());
      CHECK(dgrad(a, in.dy, in.w, ctx).values.empty());
    }
    Array x({1, 6, 6, 3}), w({4, 3, 3, 3}), y({1, 4, 4, 4});
    CHECK_NOTHROW(backend->conv_fprop(y.view(), x.view(), w.view(), {1, 0}, ctx));
    CHECK_THROWS_AS(backend->conv_fprop(y.view(), x.view(), w.view(), {1, 1}, ctx), CheckError);
    x.dtype = DType::BFloat16;
    CHECK_THROWS_WITH(backend->conv_fprop(y.view(), x.view(), w.view(), {1, 0}, ctx),
                      doctest::Contains("the CPU's kernels take float32"));
    CHECK_THROWS_AS(backend->conv_dgrad(x.view(), y.view(), w.view(), {1, 0}, ctx), CheckError);
  }
}

TEST_CASE(
    "convolution of 16-bit factors: tiles of bytes multiply as they are asked to before they are used") {
  CHECK(cpu_emulated_amx::tiles_multiply());
}

TEST_CASE("convolution of 16-bit factors: a backend of its own, found by name, never the one taken unasked") {
  for (const Backend* backend : available_backends()) CHECK(backend != bf16_backend());
  if (!bf16_backend()) return;
  CHECK(&backend_by_name(bf16_backend()->name) == bf16_backend());
  const Backend& others = backend_by_name("cpu_avx512");
  CHECK((bf16_backend()->conv_fprop != others.conv_fprop));
  CHECK((bf16_backend()->conv_dgrad != others.conv_dgrad));
  CHECK((bf16_backend()->conv_wgrad == others.conv_wgrad));
  CHECK((bf16_backend()->gemm == others.gemm));
  CHECK((bf16_backend()->allocate == others.allocate));
}

}  // namespace
}  // namespace test
}  // namespace bauta
