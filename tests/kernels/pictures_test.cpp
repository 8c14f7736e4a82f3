#include "kernels/pictures.h"

#include <limits>
#include <numeric>

#include "kernels/elementwise.h"
#include "tests/kernels/kernel_helpers.h"

using namespace bauta;
using namespace bauta::test;

namespace {

std::vector<std::uint8_t> random_bytes(std::size_t count, std::uint64_t seed) {
  std::vector<std::uint8_t> bytes(count);
  const RandomStream stream{seed, 0};
  for (std::size_t i = 0; i < count; ++i) bytes[i] = static_cast<std::uint8_t>(stream.below(256, i));
  return bytes;
}

}  // namespace

TEST_CASE("pictures: every byte comes back") {
  on_every_backend([](const Context& ctx) {
    std::vector<std::uint8_t> bytes(256), back(256);
    std::iota(bytes.begin(), bytes.end(), std::uint8_t{0});
    Array x({1, 16, 16, 1}), rounded(x.shape);
    const PictureCut whole{.pixels = bytes.data(), .width = 16, .height = 16};
    ctx.backend().augment(x.view(), {&whole, 1}, ctx);
    CHECK(x[0] == -1);
    CHECK(x[255] == 1);
    for (std::size_t i = 0; i < 256; ++i)
      CHECK(static_cast<double>(x[i]) == doctest::Approx(static_cast<double>(i) / 127.5 - 1).epsilon(1e-6));
    ctx.backend().to_bytes(back.data(), x.view(), ctx);
    CHECK(back == bytes);
    ctx.backend().unary(rounded.view(), x.view(), UnaryOp::RoundTo8Bits, ctx);
    CHECK(same_bits(rounded, x));
  });
}

TEST_CASE("pictures: to_bytes rounds and clamps") {
  on_every_backend([](const Context& ctx) {
    Array x({1, 1, 1, 7});
    x.values = {-7,
                7,
                0.49f / 127.5f - 1,
                0.51f / 127.5f - 1,
                std::numeric_limits<float>::infinity(),
                std::numeric_limits<float>::quiet_NaN(),
                99.6f / 127.5f - 1};
    std::vector<std::uint8_t> bytes(7);
    ctx.backend().to_bytes(bytes.data(), x.view(), ctx);
    CHECK(bytes == std::vector<std::uint8_t>{0, 255, 0, 1, 255, 0, 100});
  });
}

TEST_CASE("pictures: to_bytes agrees with RoundTo8Bits") {
  on_every_backend([](const Context& ctx) {
    const Array x = random_array({1, 50, 137, 3}, 1, -1.1, 1.1);
    std::vector<std::uint8_t> bytes(x.values.size());
    ctx.backend().to_bytes(bytes.data(), x.view(), ctx);
    Array rounded(x.shape), from_bytes(x.shape);
    ctx.backend().unary(rounded.view(), x.view(), UnaryOp::RoundTo8Bits, ctx);
    const PictureCut whole{.pixels = bytes.data(), .width = 137, .height = 50};
    ctx.backend().augment(from_bytes.view(), {&whole, 1}, ctx);
    CHECK(same_bits(rounded, from_bytes));
  });
}

TEST_CASE("pictures: cuts and mirrors") {
  on_every_backend([](const Context& ctx) {
    for (int channels : {1, 3, 5}) {
      const int sizes[3][2] = {{9, 7}, {12, 30}, {8, 6}};  // width, height
      std::vector<std::vector<std::uint8_t>> pixels;
      for (const auto& [width, height] : sizes)
        pixels.push_back(random_bytes(static_cast<std::size_t>(width * height * channels), 2));
      const std::vector<PictureCut> cuts = {{pixels[0].data(), 9, 7, 1, 1, false},
                                            {pixels[1].data(), 12, 30, 4, 24, true},
                                            {pixels[2].data(), 8, 6, 0, 0, true}};
      Array y({3, 6, 8, channels}), expected(y.shape);
      for (int n = 0; n < 3; ++n)
        for (int h = 0; h < 6; ++h)
          for (int w = 0; w < 8; ++w)
            for (int c = 0; c < channels; ++c) {
              const auto i = static_cast<std::size_t>(n);
              const int column = cuts[i].x + (cuts[i].mirrored ? 7 - w : w);
              const int at = ((cuts[i].y + h) * cuts[i].width + column) * channels + c;
              expected.at(n, h, w, c) =
                  static_cast<float>(pixels[i][static_cast<std::size_t>(at)]) / 127.5f - 1;
            }
      ctx.backend().augment(y.view(), cuts, ctx);
      check_close(y, expected, {1e-7, 0});
    }
  });
}

TEST_CASE("pictures: cuts that leave their source are refused") {
  on_every_backend([](const Context& ctx) {
    const std::vector<std::uint8_t> pixels = random_bytes(10 * 8 * 3, 3);
    Array y({1, 4, 5, 3}), none({0, 4, 5, 3});
    const auto augment = [&](PictureCut cut) { ctx.backend().augment(y.view(), {&cut, 1}, ctx); };
    CHECK_NOTHROW(augment({pixels.data(), 10, 8, 5, 4, false}));
    CHECK_THROWS_AS(augment({pixels.data(), 10, 8, 6, 4, false}), CheckError);
    CHECK_THROWS_AS(augment({pixels.data(), 10, 8, 5, 5, false}), CheckError);
    CHECK_THROWS_AS(augment({pixels.data(), 10, 8, -1, 0, false}), CheckError);
    CHECK_THROWS_AS(augment({pixels.data(), 10, 8, 0, -1, true}), CheckError);
    CHECK_THROWS_AS(augment({pixels.data(), 10, 8, std::numeric_limits<int>::max(), 0, true}), CheckError);
    CHECK_THROWS_AS(augment({nullptr, 10, 8, 0, 0, false}), CheckError);
    CHECK_THROWS_AS(ctx.backend().augment(y.view(), {}, ctx), CheckError);
    CHECK_NOTHROW(ctx.backend().augment(none.view(), {}, ctx));
  });
}

TEST_CASE("pictures: the thread count does not matter") {
  const std::vector<std::uint8_t> pixels = random_bytes(100 * 90 * 3, 4);
  const PictureCut cut{.pixels = pixels.data(), .width = 100, .height = 90, .x = 3, .y = 2, .mirrored = true};
  check_thread_count_does_not_matter([&](const Context& ctx) {
    Array y({1, 85, 95, 3});
    ctx.backend().augment(y.view(), {&cut, 1}, ctx);
    return y;
  });
}
