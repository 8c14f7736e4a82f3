#include "kernels/activations.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <vector>

#include "tests/kernels/kernel_helpers.h"

using namespace bauta;
using namespace bauta::test;

TEST_CASE("activations: forward and backward equal their formulas") {
  on_every_storage([](const Context& ctx, DType dtype) {
    const Backend& backend = ctx.backend();
    for (const Shape& shape : shapes_to_try()) {
      const Array x = random_array(shape, 1, -2, 2).as(dtype), dy = random_array(shape, 2).as(dtype);
      Array y(shape, 7, dtype), dx(shape, 7, dtype), y_expected(shape), dx_expected(shape);
      for (float slope : {0.0f, 0.2f, 1.0f}) {
        for (std::size_t i = 0; i < x.values.size(); ++i) {
          y_expected[i] = x[i] > 0 ? x[i] : slope * x[i];
          dx_expected[i] = x[i] > 0 ? dy[i] : slope * dy[i];
        }
        backend.leaky_relu_forward(y.view(), x.view(), slope, ctx);
        backend.leaky_relu_backward(dx.view(), dy.view(), y.view(), slope, ctx);
        check_close(y, y_expected.as(dtype), {0, 0}, "leaky_relu");
        check_close(dx, dx_expected.as(dtype), {0, 0}, "leaky_relu backward");
      }
      for (std::size_t i = 0; i < x.values.size(); ++i) {
        y_expected[i] = std::tanh(x[i]);
      }
      y_expected = y_expected.as(dtype);
      for (std::size_t i = 0; i < x.values.size(); ++i) {
        const double t = static_cast<double>(y_expected[i]);
        dx_expected[i] = static_cast<float>(static_cast<double>(dy[i]) * (1 - t * t));
      }
      backend.tanh_forward(y.view(), x.view(), ctx);
      backend.tanh_backward(dx.view(), dy.view(), y_expected.view(), ctx);
      check_close(y, y_expected, tolerance_of(dtype), "tanh");
      check_close(dx, dx_expected, tolerance_of(dtype), "tanh backward");
    }
  });
}

TEST_CASE("activations: backward is the derivative of forward") {
  on_every_backend([](const Context& ctx) {
    const Backend& backend = ctx.backend();
    const Shape shape{1, 3, 4, 3};
    Array x = random_array(shape, 3), y(shape), dx(shape);
    for (float& value : x.values) value += value > 0 ? 0.1f : -0.1f;  // away from the kink
    const Array dy = random_array(shape, 4);

    const auto leaky_relu = [&] {
      backend.leaky_relu_forward(y.view(), x.view(), 0.2f, ctx);
      return dot(y, dy);
    };
    const Array leaky_relu_gradient = numerical_gradient(x, leaky_relu);
    leaky_relu();
    backend.leaky_relu_backward(dx.view(), dy.view(), y.view(), 0.2f, ctx);
    check_close(dx, leaky_relu_gradient, kNumericalGradient);

    const auto tanh = [&] {
      backend.tanh_forward(y.view(), x.view(), ctx);
      return dot(y, dy);
    };
    const Array tanh_gradient = numerical_gradient(x, tanh);
    tanh();
    backend.tanh_backward(dx.view(), dy.view(), y.view(), ctx);
    check_close(dx, tanh_gradient, kNumericalGradient);
  });
}

TEST_CASE("activations: tanh of every size of number") {
  std::vector<float> values{0.0f, -0.0f, INFINITY, -INFINITY, NAN};
  for (std::uint32_t bits = 1; bits < 0x7f800000u; bits += 40'009)
    for (std::uint32_t sign : {0u, 0x80000000u}) values.push_back(std::bit_cast<float>(bits | sign));
  Array x({1, 1, 1, static_cast<int>(values.size())}), y(x.shape);
  x.values = values;
  on_every_backend([&](const Context& ctx) {
    ctx.backend().tanh_forward(y.view(), x.view(), ctx);
    double worst = 0;  // in units of the last place
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (std::isnan(values[i])) {
        CHECK(std::isnan(y[i]));
        continue;
      }
      const double expected = std::tanh(double{values[i]});
      const double unit = std::ldexp(1.0, std::max(std::ilogb(expected), -126) - 23);
      worst =
          std::max(worst, expected == 0 ? std::fabs(double{y[i]}) / unit : std::fabs(y[i] - expected) / unit);
      CHECK(std::signbit(y[i]) == std::signbit(values[i]));
    }
    CHECK(worst <= 3);
  });
}

TEST_CASE("activations: y may be x, dx may be dy") {
  on_every_storage([](const Context& ctx, DType dtype) {
    const Backend& backend = ctx.backend();
    const Array x = random_array({2, 61, 63, 5}, 5).as(dtype), dy = random_array(x.shape, 6).as(dtype);
    Array y(x.shape, 7, dtype), dx(x.shape, 7, dtype), y_in_place = x, dx_in_place = dy;
    backend.leaky_relu_forward(y.view(), x.view(), 0.2f, ctx);
    backend.leaky_relu_forward(y_in_place.view(), y_in_place.view(), 0.2f, ctx);
    CHECK(same_bits(y_in_place, y));
    backend.leaky_relu_backward(dx.view(), dy.view(), y.view(), 0.2f, ctx);
    backend.leaky_relu_backward(dx_in_place.view(), dx_in_place.view(), y.view(), 0.2f, ctx);
    CHECK(same_bits(dx_in_place, dx));
    y_in_place = x;
    dx_in_place = dy;
    backend.tanh_forward(y.view(), x.view(), ctx);
    backend.tanh_forward(y_in_place.view(), y_in_place.view(), ctx);
    CHECK(same_bits(y_in_place, y));
    backend.tanh_backward(dx.view(), dy.view(), y.view(), ctx);
    backend.tanh_backward(dx_in_place.view(), dx_in_place.view(), y.view(), ctx);
    CHECK(same_bits(dx_in_place, dx));
  });
}

TEST_CASE("activations: tensors that begin at any element") {
  on_every_storage([](const Context& ctx, DType dtype) {
    const Shape shape{1, 17, 31, 9};
    Array y_expected, dx_expected;
    for (int which = 0; which < 8; ++which) {
      CAPTURE(which);
      Array x = random_array(shape, 5).as(dtype), dy = random_array(shape, 6).as(dtype);
      Array y(shape, 7, dtype), dx(shape, 7, dtype);
      x.misaligned = which & 1;
      y.misaligned = which & 2 ? 3 : 0;
      dx.misaligned = dy.misaligned = which & 4 ? 7 : 0;
      ctx.backend().leaky_relu_forward(y.view(), x.view(), 0.2f, ctx);
      ctx.backend().tanh_backward(dx.view(), dy.view(), y.view(), ctx);
      if (which == 0) y_expected = y, dx_expected = dx;
      check_close(y, y_expected);
      check_close(dx, dx_expected, tolerance_of(dtype));
    }
  });
}

TEST_CASE("activations: views of different storage are refused") {
  on_every_storage([](const Context& ctx, DType dtype) {
    if (dtype == DType::Float32) return;
    const Backend& backend = ctx.backend();
    Array x({1, 2, 3, 4}), y(x.shape, 0, dtype);
    CHECK_THROWS_AS(backend.leaky_relu_forward(y.view(), x.view(), 0.2f, ctx), CheckError);
    CHECK_THROWS_AS(backend.leaky_relu_backward(y.view(), y.view(), x.view(), 0.2f, ctx), CheckError);
    CHECK_THROWS_AS(backend.tanh_forward(x.view(), y.view(), ctx), CheckError);
    CHECK_THROWS_AS(backend.tanh_backward(x.view(), y.view(), x.view(), ctx), CheckError);
  });
}

TEST_CASE("activations: wrong arguments are refused") {
  on_every_backend([](const Context& ctx) {
    const Backend& backend = ctx.backend();
    Array a({1, 2, 3, 4}), b({1, 2, 4, 3});
    CHECK_THROWS_AS(backend.leaky_relu_forward(a.view(), b.view(), 0, ctx), CheckError);
    CHECK_THROWS_AS(backend.leaky_relu_forward(a.view(), a.view(), -1, ctx), CheckError);
    CHECK_THROWS_AS(backend.leaky_relu_backward(a.view(), a.view(), b.view(), 0, ctx), CheckError);
    CHECK_THROWS_AS(backend.tanh_forward(a.view(), b.view(), ctx), CheckError);
    CHECK_THROWS_AS(backend.tanh_backward(a.view(), b.view(), a.view(), ctx), CheckError);
  });
}

TEST_CASE("activations: the thread count does not matter") {
  const Array x = random_array({1, 65, 61, 17}, 5, -3, 3);
  check_thread_count_does_not_matter([&](const Context& ctx) {
    Array y(x.shape);
    ctx.backend().leaky_relu_forward(y.view(), x.view(), 0.3f, ctx);
    ctx.backend().tanh_forward(y.view(), y.view(), ctx);
    ctx.backend().tanh_backward(y.view(), x.view(), y.view(), ctx);
    return y;
  });
}
