#include "kernels/elementwise.h"

#include <limits>
#include <utility>

#include "tests/kernels/kernel_helpers.h"

using namespace bauta;
using namespace bauta::test;

namespace {

double in_double(UnaryOp op, double x) {
  switch (op) {
    case UnaryOp::Abs:
      return std::abs(x);
    case UnaryOp::Sign:
      return x > 0 ? 1 : x < 0 ? -1 : 0;
    case UnaryOp::Rsqrt:
      return 1 / std::sqrt(x);
    case UnaryOp::Sigmoid:
      return 1 / (1 + std::exp(-x));
    case UnaryOp::Softplus:
      return std::log1p(std::exp(x));
    case UnaryOp::Sinh:
      return std::sinh(x);
    case UnaryOp::Cosh:
      return std::cosh(x);
    case UnaryOp::Asinh:
      return std::asinh(x);
    case UnaryOp::RoundTo8Bits:
      return std::round((std::clamp(x, -1.0, 1.0) + 1) * 127.5) / 127.5 - 1;
  }
  return 0;
}

constexpr UnaryOp kUnaryOps[] = {UnaryOp::Abs,     UnaryOp::Sign,     UnaryOp::Rsqrt,
                                 UnaryOp::Sigmoid, UnaryOp::Softplus, UnaryOp::Sinh,
                                 UnaryOp::Cosh,    UnaryOp::Asinh,    UnaryOp::RoundTo8Bits};

Array array_of(std::vector<float> values) {
  Array result({1, 1, 1, static_cast<int>(values.size())});
  result.values = std::move(values);
  return result;
}

std::vector<float> unary_of(const Context& ctx, UnaryOp op, std::vector<float> values) {
  const Array x = array_of(std::move(values));
  Array y(x.shape);
  ctx.backend().unary(y.view(), x.view(), op, ctx);
  return y.values;
}
float unary_of(const Context& ctx, UnaryOp op, float x) {
  return unary_of(ctx, op, std::vector<float>{x})[0];
}

// Vectors of every storage, whole and not, in one block of threads and in several.
std::vector<Shape> lengths_to_try() {
  std::vector<Shape> shapes = shapes_to_try();
  for (int count : {1, 3, 4, 7, 8, 9, 15, 17, 255, 1023, 1025, 2047, 2048, 2049, 4095, 4097, 8191, 8200})
    shapes.push_back({1, 1, count, 1});
  return shapes;
}

}  // namespace

TEST_CASE("elementwise: arithmetic equals its formulas") {
  on_every_storage([](const Context& ctx, DType dtype) {
    const Backend& backend = ctx.backend();
    for (const Shape& shape : lengths_to_try()) {
      CAPTURE(shape);
      const Array a = random_array(shape, 1).as(dtype), b = random_array(shape, 2).as(dtype);
      Array y(shape, 7, dtype), expected(shape);

      backend.fill(y.view(), 2.5f, ctx);
      check_close(y, Array(shape, 2.5f), {0, 0}, "fill");

      const auto check = [&](const char* what, auto formula) {
        for (std::size_t i = 0; i < y.values.size(); ++i)
          expected[i] = static_cast<float>(formula(static_cast<double>(a[i]), static_cast<double>(b[i])));
        check_close(y, expected, tolerance_of(dtype), what);
      };
      backend.axpby(y.view(), 2, a.view(), -3, b.view(), ctx);
      check("axpby", [](double p, double q) { return 2 * p - 3 * q; });
      backend.affine(y.view(), a.view(), 2, -3, ctx);
      check("affine", [](double p, double) { return 2 * p - 3; });
      backend.multiply(y.view(), a.view(), b.view(), ctx);
      check("multiply", [](double p, double q) { return p * q; });
      backend.clamp(y.view(), a.view(), -0.25f, 0.5f, ctx);
      check("clamp", [](double p, double) { return std::clamp(p, -0.25, 0.5); });
    }
  });
}

TEST_CASE("elementwise: numbers of one storage as another keeps them") {
  for (const bool misaligned : {false, true})
    on_every_storage([&](const Context& ctx, DType from) {
      for (DType to : backends_under_test().front().dtypes)
        for (const Shape& shape : lengths_to_try()) {
          CAPTURE(to);
          CAPTURE(shape);
          Array x = random_array(shape, 1).as(from), y(shape, 7, to);
          x.misaligned = y.misaligned = misaligned;
          ctx.backend().convert(y.view(), x.view(), ctx);
          CHECK(same_bits(y, x.as(to)));
        }
      CHECK_THROWS_AS(ctx.backend().convert(Array({1, 1, 1, 2}).view(), Array({1, 1, 2, 1}).view(), ctx),
                      CheckError);
    });
}

TEST_CASE("elementwise: unary operations equal their formulas") {
  on_every_storage([](const Context& ctx, DType dtype) {
    for (const Shape& shape : shapes_to_try())
      for (UnaryOp op : kUnaryOps) {
        CAPTURE(static_cast<int>(op));
        const Array x = random_array(shape, 3, op == UnaryOp::Rsqrt ? 0.1 : -3, 3).as(dtype);
        Array y(shape, 7, dtype), expected(shape);
        ctx.backend().unary(y.view(), x.view(), op, ctx);
        for (std::size_t i = 0; i < y.values.size(); ++i)
          expected[i] = static_cast<float>(in_double(op, static_cast<double>(x[i])));
        check_close(y, expected, tolerance_of(dtype));
      }
  });
}

TEST_CASE("elementwise: tensors that begin at any element") {
  on_every_storage([](const Context& ctx, DType dtype) {
    for (int count : {1, 7, 1000, 2049})
      for (int which = 1; which < 8; ++which) {
        CAPTURE(count);
        CAPTURE(which);
        const Shape shape{1, 1, count, 1};
        Array a = random_array(shape, 1).as(dtype), b = random_array(shape, 2).as(dtype), y(shape, 7, dtype);
        a.misaligned = which & 1;
        b.misaligned = which & 2;
        y.misaligned = which & 4 ? 5 : 0;
        ctx.backend().axpby(y.view(), 2, a.view(), -3, b.view(), ctx);
        Array expected(shape);
        for (std::size_t i = 0; i < y.values.size(); ++i) expected[i] = 2 * a[i] - 3 * b[i];
        check_close(y, expected, tolerance_of(dtype));
        ctx.backend().fill(y.view(), 0.5f, ctx);
        check_close(y, Array(shape, 0.5f), {0, 0});
        const Array before = a;
        ctx.backend().affine(a.view(), a.view(), -1, 0, ctx);
        for (std::size_t i = 0; i < a.values.size(); ++i) expected[i] = -before[i];
        check_close(a, expected, {0, 0}, "in place");
      }
  });
}

TEST_CASE("elementwise: sigmoid and softplus do not overflow, sign knows zero") {
  on_every_backend([](const Context& ctx) {
    CHECK(unary_of(ctx, UnaryOp::Sigmoid, 1e4f) == 1);
    CHECK(unary_of(ctx, UnaryOp::Sigmoid, -1e4f) == 0);
    CHECK(unary_of(ctx, UnaryOp::Sigmoid, 0) == 0.5f);
    CHECK(unary_of(ctx, UnaryOp::Softplus, 1e4f) == 1e4f);
    CHECK(unary_of(ctx, UnaryOp::Softplus, -1e4f) == 0);
    CHECK(unary_of(ctx, UnaryOp::Softplus, -20) == doctest::Approx(std::exp(-20.0)).epsilon(1e-5));
    CHECK(unary_of(ctx, UnaryOp::Sign, 0) == 0);
    CHECK(unary_of(ctx, UnaryOp::Sign, -0.0f) == 0);
  });
}

TEST_CASE("elementwise: RoundTo8Bits finds the nearest picture value") {
  on_every_backend([](const Context& ctx) {
    std::vector<float> exact, above, below;
    for (int byte = 0; byte < 256; ++byte) {
      exact.push_back(static_cast<float>(byte) / 127.5f - 1);
      above.push_back(exact.back() + 0.49f / 127.5f);
      below.push_back(exact.back() - 0.49f / 127.5f);
    }
    CHECK(unary_of(ctx, UnaryOp::RoundTo8Bits, exact) == exact);
    CHECK(unary_of(ctx, UnaryOp::RoundTo8Bits, above) == exact);
    CHECK(unary_of(ctx, UnaryOp::RoundTo8Bits, below) == exact);
    CHECK(unary_of(ctx, UnaryOp::RoundTo8Bits, 7) == 1);
    CHECK(unary_of(ctx, UnaryOp::RoundTo8Bits, -std::numeric_limits<float>::infinity()) == -1);
    CHECK(unary_of(ctx, UnaryOp::RoundTo8Bits, std::numeric_limits<float>::quiet_NaN()) == -1);
  });
}

// A multiplication and an addition may be rounded as one or as two.
TEST_CASE("elementwise: RoundTo8Bits has the same bits on every backend") {
  std::vector<float> values;
  for (int byte = 0; byte < 255; ++byte) {
    float value = (static_cast<float>(byte) + 0.5f) / 127.5f - 1;  // between two
    for (int i = 0; i < 20; ++i) value = std::nextafter(value, -2.0f);
    for (int i = 0; i < 40; ++i) values.push_back(value = std::nextafter(value, 2.0f));
  }
  std::vector<float> expected;
  for (float value : values) {
    const float scaled = (value + 1.0f) * 127.5f, up = scaled + 0.5f;
    expected.push_back(std::floor(up) / 127.5f - 1.0f);
  }
  on_every_backend(
      [&](const Context& ctx) { CHECK(unary_of(ctx, UnaryOp::RoundTo8Bits, values) == expected); });
}

TEST_CASE("elementwise: clamp lets what is not a number through") {
  on_every_storage([](const Context& ctx, DType dtype) {
    Array x = array_of({std::numeric_limits<float>::quiet_NaN(), -1, 2}).as(dtype);
    ctx.backend().clamp(x.view(), x.view(), 0, 1, ctx);
    CHECK(std::isnan(x[0]));
    CHECK(x[1] == 0);
    CHECK(x[2] == 1);
  });
}

TEST_CASE("elementwise: outputs may be inputs") {
  on_every_storage([](const Context& ctx, DType dtype) {
    const Shape shape{2, 61, 63, 5};
    const Array a = random_array(shape, 1).as(dtype), b = random_array(shape, 2).as(dtype);
    Array expected(shape, 7, dtype), in_place = a;
    ctx.backend().axpby(expected.view(), 2, a.view(), 3, b.view(), ctx);
    ctx.backend().axpby(in_place.view(), 2, in_place.view(), 3, b.view(), ctx);
    CHECK(same_bits(in_place, expected));
    in_place = a;
    ctx.backend().multiply(expected.view(), a.view(), a.view(), ctx);
    ctx.backend().multiply(in_place.view(), in_place.view(), in_place.view(), ctx);
    CHECK(same_bits(in_place, expected));
    in_place = a;
    ctx.backend().unary(expected.view(), a.view(), UnaryOp::Asinh, ctx);
    ctx.backend().unary(in_place.view(), in_place.view(), UnaryOp::Asinh, ctx);
    CHECK(same_bits(in_place, expected));
  });
}

TEST_CASE("elementwise: shapes that differ are refused") {
  on_every_backend([](const Context& ctx) {
    const Backend& backend = ctx.backend();
    Array a({1, 2, 3, 4}), b({1, 2, 4, 3});
    CHECK_THROWS_AS(backend.axpby(a.view(), 1, a.view(), 1, b.view(), ctx), CheckError);
    CHECK_THROWS_AS(backend.axpby(a.view(), 1, b.view(), 1, a.view(), ctx), CheckError);
    CHECK_THROWS_AS(backend.affine(a.view(), b.view(), 1, 1, ctx), CheckError);
    CHECK_THROWS_AS(backend.multiply(a.view(), a.view(), b.view(), ctx), CheckError);
    CHECK_THROWS_AS(backend.clamp(a.view(), b.view(), 0, 1, ctx), CheckError);
    CHECK_THROWS_AS(backend.clamp(a.view(), a.view(), 1, 0, ctx), CheckError);
    CHECK_THROWS_AS(backend.unary(a.view(), b.view(), UnaryOp::Abs, ctx), CheckError);
    CHECK_THROWS_WITH(backend.affine(a.view(), b.view(), 1, 1, ctx),
                      doctest::Contains("[affine] y is (1, 2, 3, 4), x is (1, 2, 4, 3)"));
  });
}

TEST_CASE("elementwise: an operation that there is not is refused") {
  on_every_backend([](const Context& ctx) {
    Array x({1, 1, 1, 3});
    CHECK_THROWS_AS(ctx.backend().unary(x.view(), x.view(), static_cast<UnaryOp>(99), ctx), CheckError);
  });
}

TEST_CASE("elementwise: views of different storage are refused") {
  on_every_storage([](const Context& ctx, DType dtype) {
    if (dtype == DType::Float32) return;
    const Backend& backend = ctx.backend();
    Array x({1, 2, 3, 4}), y(x.shape, 0, dtype);
    CHECK_THROWS_AS(backend.axpby(y.view(), 1, y.view(), 1, x.view(), ctx), CheckError);
    CHECK_THROWS_AS(backend.multiply(y.view(), x.view(), y.view(), ctx), CheckError);
    CHECK_THROWS_AS(backend.affine(y.view(), x.view(), 1, 1, ctx), CheckError);
    CHECK_THROWS_AS(backend.clamp(x.view(), y.view(), 0, 1, ctx), CheckError);
    CHECK_THROWS_AS(backend.unary(x.view(), y.view(), UnaryOp::Abs, ctx), CheckError);
  });
}

TEST_CASE("elementwise: the thread count does not matter") {
  const Array x = random_array({1, 65, 61, 17}, 5);
  check_thread_count_does_not_matter([&](const Context& ctx) {
    Array y(x.shape);
    ctx.backend().axpby(y.view(), 0.3f, x.view(), 0.7f, x.view(), ctx);
    ctx.backend().unary(y.view(), y.view(), UnaryOp::Softplus, ctx);
    return y;
  });
}
