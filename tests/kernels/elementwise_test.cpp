#include "kernels/elementwise.h"

#include <limits>

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

float unary_of(const Context& ctx, UnaryOp op, float x) {
  const Array from(Shape{}, x);
  Array y(Shape{});
  ctx.backend().unary(y.view(), from.view(), op, ctx);
  return y[0];
}

}  // namespace

TEST_CASE("elementwise: arithmetic equals its formulas") {
  on_every_backend([](const Context& ctx) {
    const Backend& backend = ctx.backend();
    for (const Shape& shape : shapes_to_try()) {
      const Array a = random_array(shape, 1), b = random_array(shape, 2);
      Array y(shape), expected(shape);

      backend.fill(y.view(), 2.5f, ctx);
      check_close(y, Array(shape, 2.5f), {0, 0}, "fill");

      const auto check = [&](const char* what, auto formula) {
        for (std::size_t i = 0; i < y.values.size(); ++i)
          expected[i] = static_cast<float>(formula(static_cast<double>(a[i]), static_cast<double>(b[i])));
        check_close(y, expected, {}, what);
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

TEST_CASE("elementwise: unary operations equal their formulas") {
  on_every_backend([](const Context& ctx) {
    for (const Shape& shape : shapes_to_try())
      for (UnaryOp op : kUnaryOps) {
        CAPTURE(static_cast<int>(op));
        const Array x = random_array(shape, 3, op == UnaryOp::Rsqrt ? 0.1 : -3, 3);
        Array y(shape), expected(shape);
        ctx.backend().unary(y.view(), x.view(), op, ctx);
        for (std::size_t i = 0; i < y.values.size(); ++i)
          expected[i] = static_cast<float>(in_double(op, static_cast<double>(x[i])));
        check_close(y, expected);
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
    for (int byte = 0; byte < 256; ++byte) {
      const float value = static_cast<float>(byte) / 127.5f - 1;
      CHECK(unary_of(ctx, UnaryOp::RoundTo8Bits, value) == value);
      CHECK(unary_of(ctx, UnaryOp::RoundTo8Bits, value + 0.49f / 127.5f) == value);
      CHECK(unary_of(ctx, UnaryOp::RoundTo8Bits, value - 0.49f / 127.5f) == value);
    }
    CHECK(unary_of(ctx, UnaryOp::RoundTo8Bits, 7) == 1);
    CHECK(unary_of(ctx, UnaryOp::RoundTo8Bits, -std::numeric_limits<float>::infinity()) == -1);
  });
}

TEST_CASE("elementwise: clamp lets what is not a number through") {
  on_every_backend([](const Context& ctx) {
    Array x(Shape{}, std::numeric_limits<float>::quiet_NaN());
    ctx.backend().clamp(x.view(), x.view(), 0, 1, ctx);
    CHECK(std::isnan(x[0]));
  });
}

TEST_CASE("elementwise: outputs may be inputs") {
  on_every_backend([](const Context& ctx) {
    const Shape shape{2, 61, 63, 5};
    const Array a = random_array(shape, 1), b = random_array(shape, 2);
    Array expected(shape), in_place = a;
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

TEST_CASE("elementwise: the thread count does not matter") {
  const Array x = random_array({1, 65, 61, 17}, 5);
  check_thread_count_does_not_matter([&](const Context& ctx) {
    Array y(x.shape);
    ctx.backend().axpby(y.view(), 0.3f, x.view(), 0.7f, x.view(), ctx);
    ctx.backend().unary(y.view(), y.view(), UnaryOp::Softplus, ctx);
    return y;
  });
}
