#include "kernels/reductions.h"

#include "tests/kernels/kernel_helpers.h"

using namespace bauta;
using namespace bauta::test;

namespace {

// Pairwise sums of numbers of either sign, of which little may be left.
constexpr Tolerance kSums{1e-5, 1e-6};

// large with some of its dimensions, one bit each, made 1.
Shape reduced(const Shape& large, int dimensions) {
  return {dimensions & 1 ? 1 : large.n, dimensions & 2 ? 1 : large.h, dimensions & 4 ? 1 : large.w,
          dimensions & 8 ? 1 : large.c};
}

// f(index in large, index in small) for every element of large.
template <class Function>
void for_each_pair(const Shape& large, const Shape& small, const Function& f) {
  std::size_t i = 0;
  for (int n = 0; n < large.n; ++n)
    for (int h = 0; h < large.h; ++h)
      for (int w = 0; w < large.w; ++w)
        for (int c = 0; c < large.c; ++c) {
          const std::ptrdiff_t j =
              ((static_cast<std::ptrdiff_t>(n % small.n) * small.h + h % small.h) * small.w + w % small.w) *
                  small.c +
              c % small.c;
          f(i++, static_cast<std::size_t>(j));
        }
}

Array sum_of(const Array& x, const Shape& to) {
  std::vector<double> sums(to.count());
  for_each_pair(x.shape, to, [&](std::size_t i, std::size_t j) { sums[j] += static_cast<double>(x[i]); });
  Array result(to);
  for (std::size_t j = 0; j < sums.size(); ++j) result[j] = static_cast<float>(sums[j]);
  return result;
}

Array repeated(const Array& x, const Shape& to) {
  Array result(to);
  for_each_pair(to, x.shape, [&](std::size_t i, std::size_t j) { result[i] = x[j]; });
  return result;
}

}  // namespace

TEST_CASE("reductions: every subset of dimensions, summed and repeated") {
  std::vector<Shape> shapes = shapes_to_try();
  // Several pieces of rows, of columns, and of both; vectors that fit and that do not; rows walked as one.
  shapes.insert(shapes.end(), {{3, 4, 5, 1100},
                               {1, 1, 1, 17000},
                               {17000, 1, 1, 2},
                               {2, 9000, 1, 1},
                               {3, 1, 1, 17000},
                               {2, 30, 40, 3},
                               {5, 3, 700, 8},
                               {1, 64, 16, 24}});
  on_every_storage([&](const Context& ctx, DType dtype) {
    for (const Shape& large : shapes)
      for (int dimensions = 0; dimensions < 16; ++dimensions) {
        const Shape small = reduced(large, dimensions);
        CAPTURE(large);
        CAPTURE(small);
        const Array x = random_array(large, 1).as(dtype), v = random_array(small, 2).as(dtype);
        const Array sum_expected = sum_of(x, small), repeated_expected = repeated(v, large);

        Array sum(small, 7, dtype), y(large, 7, dtype);
        ctx.backend().reduce_sum(sum.view(), x.view(), ctx);
        check_close(sum, sum_expected, tolerance_of(dtype, kSums), "reduce_sum");
        ctx.backend().broadcast(y.view(), v.view(), ctx);
        CHECK(same_bits(y, repeated_expected));
        if (dtype == DType::Float32) check_adjoint(sum, v, x, y);
      }
  });
}

TEST_CASE("reductions: tensors that begin at any element") {
  on_every_storage([&](const Context& ctx, DType dtype) {
    // The last two have runs that fill their threads' vectors exactly, but for those that lie askew.
    for (const Shape& large : {Shape{2, 3, 50, 8}, Shape{1, 1, 1, 5000}, Shape{3, 700, 1, 3},
                               Shape{2, 9, 3, 257}, Shape{2, 3, 5, 64}, Shape{1, 1, 1, 4096}})
      for (int dimensions = 0; dimensions < 16; ++dimensions)
        for (int misaligned : {1, 2, 5}) {
          const Shape small = reduced(large, dimensions);
          CAPTURE(large);
          CAPTURE(small);
          CAPTURE(misaligned);
          Array x = random_array(large, 1).as(dtype), v = random_array(small, 2).as(dtype);
          Array sum(small, 7, dtype), y(large, 7, dtype);
          x.misaligned = y.misaligned = misaligned;
          v.misaligned = sum.misaligned = 3;
          ctx.backend().reduce_sum(sum.view(), x.view(), ctx);
          check_close(sum, sum_of(x, small), tolerance_of(dtype, kSums));
          ctx.backend().broadcast(y.view(), v.view(), ctx);
          CHECK(same_bits(y, repeated(v, large)));
        }
  });
}

TEST_CASE("reductions: float32 sums of bfloat16, and back") {
  on_every_storage([&](const Context& ctx, DType dtype) {
    if (dtype == DType::Float32) return;
    const Shape large{2, 13, 17, 24};
    for (int dimensions = 0; dimensions < 16; ++dimensions) {
      const Shape small = reduced(large, dimensions);
      CAPTURE(small);
      const Array x = random_array(large, 1).as(dtype), v = random_array(small, 2);
      Array sum(small, 7), y(large, 7, dtype);
      ctx.backend().reduce_sum(sum.view(), x.view(), ctx);
      check_close(sum, sum_of(x, small), kSums);
      ctx.backend().broadcast(y.view(), v.view(), ctx);
      CHECK(same_bits(y, repeated(v.as(dtype), large)));
    }
  });
}

TEST_CASE("reductions: a sum of a million ones is a million") {
  on_every_storage([](const Context& ctx, DType dtype) {
    Array sum(Shape{}, 0, dtype);
    const float million = Array(Shape{}, 1e6f).as(dtype)[0];
    for (const Shape& shape : {Shape{1, 1000, 1000, 1}, Shape{1, 1, 1, 1000000}, Shape{1000000, 1, 1, 1}}) {
      ctx.backend().reduce_sum(sum.view(), Array(shape, 1, dtype).view(), ctx);
      CHECK(sum[0] == million);
    }
    Array columns({1, 1, 1, 3}, 0, dtype);
    ctx.backend().reduce_sum(columns.view(), Array({1, 1000, 1000, 3}, 1, dtype).view(), ctx);
    CHECK(columns.values == std::vector<float>(3, million));
  });
}

TEST_CASE("reductions: large terms that cancel leave the small ones") {
  on_every_storage([](const Context& ctx, DType dtype) {
    Array x({1, 1, 1, 3}), sum(Shape{}, 0, dtype);
    x.values = {1e8f, 1, -1e8f};
    ctx.backend().reduce_sum(sum.view(), x.as(dtype).view(), ctx);
    CHECK(sum[0] == 1);
  });
}

TEST_CASE("reductions: the sum of nothing is zero") {
  on_every_storage([](const Context& ctx, DType dtype) {
    for (const Shape& shape : {Shape{0, 2, 2, 3}, Shape{1, 0, 2, 3}, Shape{1, 2, 0, 3}}) {
      Array sum({1, 1, 1, 3}, 7, dtype), total(Shape{}, 7, dtype);
      ctx.backend().reduce_sum(sum.view(), Array(shape, 0, dtype).view(), ctx);
      CHECK(sum.values == std::vector<float>(3, 0));
      ctx.backend().reduce_sum(total.view(), Array(shape, 0, dtype).view(), ctx);
      CHECK(total[0] == 0);
    }
  });
}

TEST_CASE("reductions: shapes that do not repeat are refused") {
  on_every_backend([](const Context& ctx) {
    Array large({2, 3, 4, 6}), small({2, 1, 1, 3}), other({1, 1, 1, 6});
    CHECK_NOTHROW(ctx.backend().reduce_sum(other.view(), large.view(), ctx));
    CHECK_THROWS_AS(ctx.backend().reduce_sum(small.view(), large.view(), ctx), CheckError);
    CHECK_THROWS_AS(ctx.backend().reduce_sum(large.view(), other.view(), ctx), CheckError);
    CHECK_THROWS_AS(ctx.backend().broadcast(large.view(), small.view(), ctx), CheckError);
    CHECK_THROWS_AS(ctx.backend().broadcast(other.view(), large.view(), ctx), CheckError);
  });
}

TEST_CASE("reductions: the thread count does not matter") {
  const Array x = random_array({3, 37, 41, 9}, 3);
  for (int dimensions = 0; dimensions < 16; ++dimensions)
    check_thread_count_does_not_matter([&](const Context& ctx) {
      Array sum(reduced(x.shape, dimensions)), repeated(x.shape);
      ctx.backend().reduce_sum(sum.view(), x.view(), ctx);
      ctx.backend().broadcast(repeated.view(), sum.view(), ctx);
      return repeated;
    });
}
