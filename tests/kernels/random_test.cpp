#include "kernels/random.h"

#include "tests/kernels/kernel_helpers.h"

using namespace bauta;
using namespace bauta::test;

namespace {

using Words = std::array<std::uint32_t, 4>;

// A stream in the backend's memory.
LentSpan<RandomStream> lend_stream(const RandomStream& stream) {
  return lend(std::vector<RandomStream>{stream});
}

Array normal(const Context& ctx, int count, RandomStream stream, float mean = 0, float deviation = 1) {
  Array y({1, 1, 1, count});
  ctx.backend().random_normal(y.view(), lend_stream(stream).data(), mean, deviation, ctx);
  return y;
}

Array uniform(const Context& ctx, int count, RandomStream stream) {
  Array y({1, 1, 1, count});
  ctx.backend().random_uniform(y.view(), lend_stream(stream).data(), ctx);
  return y;
}

}  // namespace

// From the file kat_vectors of the Random123 library, by the authors of the paper.
TEST_CASE("random: Philox gives the published answers") {
  CHECK(philox({0, 0, 0, 0}, {0, 0}) == Words{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});
  CHECK(philox({0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff}, {0xffffffff, 0xffffffff}) ==
        Words{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd});
  CHECK(philox({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}) ==
        Words{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1});
}

TEST_CASE("random: a stream's words are the counter's") {
  const RandomStream stream{0x299f31d0a4093822, 0x0370734413198a2e};
  CHECK(stream.block(0x85a308d3243f6a88) == Words{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1});
}

TEST_CASE("random: uniform and below are even") {
  const RandomStream stream{7, 3};
  const int count = 100000;
  double sum = 0, least = 1, largest = 0;
  std::vector<int> seen(10);
  for (int i = 0; i < count; ++i) {
    const double value = stream.uniform(static_cast<std::uint64_t>(i));
    sum += value;
    least = std::min(least, value);
    largest = std::max(largest, value);
    ++seen.at(static_cast<std::size_t>(stream.below(10, static_cast<std::uint64_t>(i))));
  }
  CHECK(least >= 0);
  CHECK(largest < 1);
  CHECK(std::abs(sum / count - 0.5) < 5 * 0.2887 / std::sqrt(count));
  for (int times : seen) CHECK(std::abs(times - count / 10) < 5 * std::sqrt(count / 10));
  CHECK(stream.below(1, 5) == 0);
}

TEST_CASE("random: normal numbers have the moments of the normal distribution") {
  on_every_backend([](const Context& ctx) {
    const int count = 1000000;
    const Array y = normal(ctx, count, {1, 2});
    double moment[5] = {}, neighbours = 0;
    int beyond_two = 0;
    for (std::size_t i = 0; i < y.values.size(); ++i) {
      const double value = static_cast<double>(y[i]);
      double power = 1;
      for (int k = 1; k < 5; ++k) moment[k] += (power *= value) / count;
      if (i > 0) neighbours += value * static_cast<double>(y[i - 1]) / count;
      beyond_two += std::abs(value) > 2;
    }
    // Five standard errors each; their variances are 1, 2, 15, 96, 1 over count.
    CHECK(std::abs(moment[1]) < 5 * std::sqrt(1.0 / count));
    CHECK(std::abs(moment[2] - 1) < 5 * std::sqrt(2.0 / count));
    CHECK(std::abs(moment[3]) < 5 * std::sqrt(15.0 / count));
    CHECK(std::abs(moment[4] - 3) < 5 * std::sqrt(96.0 / count));
    CHECK(std::abs(neighbours) < 5 * std::sqrt(1.0 / count));
    CHECK(std::abs(beyond_two - 0.0455 * count) < 5 * std::sqrt(0.0455 * count));
  });
}

TEST_CASE("random: mean and deviation") {
  on_every_backend([](const Context& ctx) {
    const Array plain = normal(ctx, 1001, {5, 6}), scaled = normal(ctx, 1001, {5, 6}, 3, 0.02f);
    for (std::size_t i = 0; i < 1001; ++i) CHECK(scaled[i] == doctest::Approx(3 + 0.02f * plain[i]));
    CHECK(normal(ctx, 5, {5, 6}, 3, 0).values == std::vector<float>(5, 3));
  });
}

TEST_CASE("random: an element depends on seed, stream and place alone") {
  on_every_backend([](const Context& ctx) {
    const Array longer = normal(ctx, 40000, {1, 2});
    for (int count : {0, 1, 2, 3, 5, 16385}) {
      const Array shorter = normal(ctx, count, {1, 2});
      CHECK(std::equal(shorter.values.begin(), shorter.values.end(), longer.values.begin()));
    }
    CHECK(normal(ctx, 1, {1, 3})[0] != longer[0]);
    CHECK(normal(ctx, 1, {2, 2})[0] != longer[0]);
    CHECK(normal(ctx, 1, {1, 2 + (std::uint64_t{1} << 32)})[0] != longer[0]);
  });
}

TEST_CASE("random: every backend draws the same numbers, the CPU's to the bit") {
  const Array expected = normal(Context(backend_by_name("cpu_baseline"), 1), 50000, {8, 9}, 0.1f, 0.02f);
  on_every_backend([&](const Context& ctx) {
    const Array drawn = normal(ctx, 50000, {8, 9}, 0.1f, 0.02f);
    // A card has a logarithm, sine and cosine of its own.
    if (borrower())
      check_close(drawn, expected, {1e-6, 0});
    else
      CHECK(same_bits(drawn, expected));
  });
}

TEST_CASE("random: the thread count does not matter") {
  check_thread_count_does_not_matter([](const Context& ctx) { return normal(ctx, 100001, {3, 4}); });
  check_thread_count_does_not_matter([](const Context& ctx) { return uniform(ctx, 100001, {3, 4}); });
}

TEST_CASE("random: bfloat16 gets the rounded numbers, at any address") {
  on_every_storage([](const Context& ctx, DType dtype) {
    const Array expected = normal(ctx, 1003, {8, 9}, 0.1f, 0.5f).as(dtype);
    for (int misaligned : {0, 1, 2}) {
      Array y = Array(expected.shape).as(dtype);
      y.misaligned = misaligned;
      ctx.backend().random_normal(y.view(), lend_stream({8, 9}).data(), 0.1f, 0.5f, ctx);
      CHECK(same_bits(y, expected));
    }
  });
}

TEST_CASE("random: uniform numbers are those that the program draws, to the bit, at any address") {
  on_every_storage([](const Context& ctx, DType dtype) {
    const RandomStream stream{0x123456789abcdef0, 0xfedcba9876543210};
    for (int count : {0, 1, 2, 3, 4, 5, 1027, 40001})
      for (int misaligned : {0, 1}) {
        CAPTURE(count);
        CAPTURE(misaligned);
        Array y({1, 1, 1, count}, 7, dtype), expected(y.shape);
        y.misaligned = misaligned;
        for (std::size_t i = 0; i < expected.values.size(); ++i)
          expected[i] = static_cast<float>(stream.uniform(i));
        ctx.backend().random_uniform(y.view(), lend_stream(stream).data(), ctx);
        CHECK(same_bits(y, expected.as(dtype)));
      }
  });
}

TEST_CASE("random: other numbers once another stream lies there") {
  on_every_backend([](const Context& ctx) {
    const RandomStream next{1, 3};
    const auto stream = lend_stream({1, 2});
    Array y({1, 1, 1, 70});
    ctx.backend().random_normal(y.view(), stream.data(), 0, 1, ctx);
    CHECK(same_bits(y, normal(ctx, 70, {1, 2})));
    ctx.backend().copy_in(stream.data(), &next, sizeof(next), ctx);
    ctx.backend().random_normal(y.view(), stream.data(), 0, 1, ctx);
    CHECK(same_bits(y, normal(ctx, 70, next)));
    CHECK(stream.values()[0].stream == next.stream);
  });
}

TEST_CASE("random: a negative deviation is refused, and no stream") {
  on_every_backend([](const Context& ctx) {
    CHECK_THROWS_AS(normal(ctx, 4, {1, 1}, 0, -1), CheckError);
    Array y({1, 1, 1, 4});
    CHECK_THROWS_AS(ctx.backend().random_normal(y.view(), nullptr, 0, 1, ctx), CheckError);
    CHECK_THROWS_AS(ctx.backend().random_uniform(y.view(), nullptr, ctx), CheckError);
  });
}
