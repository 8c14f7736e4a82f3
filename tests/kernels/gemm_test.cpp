#include "kernels/gemm.h"

#include <cmath>

#include "kernels/check.h"
#include "tests/kernels/kernel_helpers.h"

namespace bauta::test {
namespace {

Shape matrix(int rows, int columns) { return {rows, 1, 1, columns}; }

Array transposed(const Array& a) {
  Array result(matrix(a.shape.c, a.shape.n), 0, a.dtype);
  for (int i = 0; i < a.shape.n; ++i)
    for (int j = 0; j < a.shape.c; ++j) result.at(j, 0, 0, i) = a.at(i, 0, 0, j);
  return result;
}

Array product(const Array& a, const Array& b) {
  Array c(matrix(a.shape.n, b.shape.c));
  for (int i = 0; i < c.shape.n; ++i)
    for (int j = 0; j < c.shape.c; ++j) {
      double sum = 0;
      for (int t = 0; t < a.shape.c; ++t) sum += double{a.at(i, 0, 0, t)} * double{b.at(t, 0, 0, j)};
      c.at(i, 0, 0, j) = static_cast<float>(sum);
    }
  return c;
}

void check_product(int rows, int columns, int depth, bool misaligned = false) {
  CAPTURE(rows);
  CAPTURE(columns);
  CAPTURE(depth);
  on_every_storage([&](const Context& ctx, DType dtype) {
    const Array a = random_array(matrix(rows, depth), 1).as(dtype);
    const Array b = random_array(matrix(depth, columns), 2).as(dtype);
    const Array a_t = transposed(a), b_t = transposed(b), expected = product(a, b);
    const auto check = [&](Array left, Transpose op_a, Array right, Transpose op_b) {
      Array c(matrix(rows, columns), NAN, dtype);
      c.misaligned = left.misaligned = right.misaligned = misaligned;
      ctx.backend().gemm(c.view(), left.view(), op_a, right.view(), op_b, ctx);
      check_close(c, expected, tolerance_of(dtype));
    };
    check(a, Transpose::No, b, Transpose::No);
    check(a_t, Transpose::Yes, b, Transpose::No);
    check(a, Transpose::No, b_t, Transpose::Yes);
    check(a_t, Transpose::Yes, b_t, Transpose::Yes);
  });
}

TEST_CASE("gemm: every size of edge, plain and transposed") {
  for (int rows : {1, 2, 5, 6, 7, 97})
    for (int columns : {1, 3, 8, 16, 17, 33, 64, 65, 130})
      for (int depth : {1, 2, 15, 16, 40}) check_product(rows, columns, depth);
}

TEST_CASE("gemm: pointers aligned to an element only") {
  for (int columns : {4, 7, 64}) check_product(5, columns, 12, true);
}

TEST_CASE("gemm: deep products are summed a stretch at a time") {
  check_product(13, 70, 5000);
  check_product(1, 512, 1792);
}

TEST_CASE("gemm: empty products") {
  check_product(0, 3, 4);
  check_product(3, 0, 4);
  check_product(3, 5, 0);
}

TEST_CASE("gemm: the same bits on any number of threads") {
  for (const auto& [rows, columns, depth] : {std::array{201, 150, 300}, {20, 30, 1500}})
    for (DType dtype : backends_under_test().front().dtypes) {
      const Array a = random_array(matrix(rows, depth), 1).as(dtype);
      const Array b = random_array(matrix(depth, columns), 2).as(dtype);
      check_thread_count_does_not_matter([&](const Context& ctx) {
        Array c(matrix(rows, columns), 0, dtype);
        ctx.backend().gemm(c.view(), a.view(), Transpose::No, b.view(), Transpose::No, ctx);
        return c;
      });
    }
}

TEST_CASE("gemm: sizes and storage that do not fit are refused") {
  on_every_backend([](const Context& ctx) {
    Array a(matrix(2, 3)), b(matrix(3, 4)), c(matrix(2, 4)), picture({2, 3, 1, 1});
    const auto no = Transpose::No, yes = Transpose::Yes;
    CHECK_NOTHROW(ctx.backend().gemm(c.view(), a.view(), no, b.view(), no, ctx));
    CHECK_THROWS_AS(ctx.backend().gemm(c.view(), a.view(), yes, b.view(), no, ctx), CheckError);
    CHECK_THROWS_AS(ctx.backend().gemm(c.view(), a.view(), no, b.view(), yes, ctx), CheckError);
    CHECK_THROWS_AS(ctx.backend().gemm(a.view(), a.view(), no, b.view(), no, ctx), CheckError);
    CHECK_THROWS_AS(ctx.backend().gemm(c.view(), picture.view(), no, b.view(), no, ctx), CheckError);
    for (Array* odd : {&a, &b, &c}) {
      odd->dtype = DType::BFloat16;
      CHECK_THROWS_AS(ctx.backend().gemm(c.view(), a.view(), no, b.view(), no, ctx), CheckError);
      odd->dtype = DType::Float32;
    }
  });
}

}  // namespace
}  // namespace bauta::test
