#include "kernels/pooling.h"

#include <limits>
#include <utility>

#include "tests/kernels/kernel_helpers.h"

using namespace bauta;
using namespace bauta::test;

namespace {

struct Case {
  Shape shape;
  PoolWindow window;
};
// Windows that tile, overlap, leave gaps, leave pixels over at the end, reach into the padding, are the
// picture; several tiles of pixels and of channels; windows that no tile holds; windows of more than 2^16 and
// 2^31 places, nearly all of them padding.
const std::vector<Case> kCases = {
    {{0, 4, 4, 3}, {2, 2, 0}},      {{1, 1, 1, 5}, {1, 1, 0}},       {{2, 4, 6, 3}, {2, 2, 0}},
    {{1, 7, 5, 3}, {3, 2, 1}},      {{1, 6, 7, 64}, {3, 1, 1}},      {{2, 9, 8, 5}, {2, 3, 0}},
    {{1, 5, 4, 257}, {3, 2, 0}},    {{1, 2, 2, 1}, {5, 1, 2}},       {{2, 61, 63, 5}, {3, 2, 1}},
    {{1, 80, 50, 8}, {3, 2, 1}},    {{2, 60, 3, 24}, {2, 2, 0}},     {{1, 9, 11, 256}, {4, 3, 2}},
    {{3, 8, 8, 72}, {8, 8, 0}},     {{1, 100, 4, 4}, {3, 1, 1}},     {{1, 13, 14, 16}, {2, 5, 1}},
    {{1, 1, 40, 1}, {1, 2, 0}},     {{1, 70, 70, 1}, {57, 8, 3}},    {{1, 58, 57, 4}, {56, 5, 1}},
    {{1, 1, 1, 1}, {257, 64, 256}}, {{1, 3, 2, 5}, {300, 150, 299}}, {{1, 2, 2, 1}, {50000, 49999, 49999}}};

Shape pooled(const Case& c) {
  return {c.shape.n, c.window.output_size(c.shape.h), c.window.output_size(c.shape.w), c.shape.c};
}

// f(n, p, q, h, w, c) for every pixel of every window, those in the padding aside.
template <class Function>
void for_each_tap(const Case& k, const Function& f) {
  const Shape s = k.shape, t = pooled(k);
  const auto [size, stride, padding] = k.window;
  for (int n = 0; n < t.n; ++n)
    for (int p = 0; p < t.h; ++p)
      for (int q = 0; q < t.w; ++q)
        for (int h = std::max(0, p * stride - padding); h < std::min(s.h, p * stride - padding + size); ++h)
          for (int w = std::max(0, q * stride - padding); w < std::min(s.w, q * stride - padding + size); ++w)
            for (int c = 0; c < s.c; ++c) f(n, p, q, h, w, c);
}

std::size_t index(const Shape& s, int n, int h, int w, int c) {
  return static_cast<std::size_t>(((static_cast<std::ptrdiff_t>(n) * s.h + h) * s.w + w) * s.c + c);
}

// y and dx.
std::pair<Array, Array> averages(const Case& k, const Array& x, const Array& dy) {
  const double area = static_cast<double>(k.window.size) * k.window.size;
  std::vector<double> y(dy.values.size()), dx(x.values.size());
  for_each_tap(k, [&](int n, int p, int q, int h, int w, int c) {
    y[index(dy.shape, n, p, q, c)] += static_cast<double>(x.at(n, h, w, c)) / area;
    dx[index(x.shape, n, h, w, c)] += static_cast<double>(dy.at(n, p, q, c)) / area;
  });
  Array y_array(dy.shape), dx_array(x.shape);
  y_array.values.assign(y.begin(), y.end());
  dx_array.values.assign(dx.begin(), dx.end());
  return {y_array, dx_array};
}

struct Maxima {
  Array largest, selected, scattered;
};
Maxima maxima(const Case& k, const Array& x, const Array& values, const Array& dy) {
  Maxima result{Array(dy.shape, -std::numeric_limits<float>::infinity()), Array(dy.shape), Array(x.shape)};
  std::vector<std::size_t> winner(dy.values.size());
  for_each_tap(k, [&](int n, int p, int q, int h, int w, int c) {
    if (x.at(n, h, w, c) <= result.largest.at(n, p, q, c)) return;
    result.largest.at(n, p, q, c) = x.at(n, h, w, c);
    result.selected.at(n, p, q, c) = values.at(n, h, w, c);
    winner[index(dy.shape, n, p, q, c)] = index(x.shape, n, h, w, c);
  });
  for (std::size_t i = 0; i < winner.size(); ++i) result.scattered[winner[i]] += dy[i];
  return result;
}

Array with_ties(Array x) {
  for (float& value : x.values) value = std::round(value * 4) / 4;
  return x;
}

}  // namespace

TEST_CASE("pooling: the average and its adjoint") {
  on_every_storage([](const Context& ctx, DType dtype) {
    for (const Case& k : kCases) {
      CAPTURE(k.shape);
      CAPTURE(k.window.size);
      const Array x = random_array(k.shape, 1).as(dtype), dy = random_array(pooled(k), 2).as(dtype);
      Array y(dy.shape, 7, dtype), dx(x.shape, 7, dtype);
      const auto [y_expected, dx_expected] = averages(k, x, dy);
      ctx.backend().avg_pool_forward(y.view(), x.view(), k.window, ctx);
      check_close(y, y_expected, tolerance_of(dtype));
      ctx.backend().avg_pool_backward(dx.view(), dy.view(), k.window, ctx);
      check_close(dx, dx_expected, tolerance_of(dtype));
      if (dtype == DType::Float32) check_adjoint(y, dy, x, dx);
    }
  });
}

TEST_CASE("pooling: the place of the maximum, and its adjoint") {
  on_every_storage([](const Context& ctx, DType dtype) {
    for (const Case& k : kCases) {
      CAPTURE(k.shape);
      CAPTURE(k.window.size);
      // With ties, and below zero: padding would win if it counted.
      const Array x = with_ties(random_array(k.shape, 3, -2, -1)).as(dtype);
      const Array values = random_array(k.shape, 4).as(dtype), dy = random_array(pooled(k), 5).as(dtype);
      const Maxima expected = maxima(k, x, values, dy);
      Array y(dy.shape, 7, dtype), dx(x.shape, 7, dtype);
      ctx.backend().max_pool_select(y.view(), x.view(), x.view(), k.window, ctx);
      CHECK(same_bits(y, expected.largest));
      ctx.backend().max_pool_select(y.view(), values.view(), x.view(), k.window, ctx);
      CHECK(same_bits(y, expected.selected));
      ctx.backend().max_pool_scatter(dx.view(), dy.view(), x.view(), k.window, ctx);
      check_close(dx, expected.scattered, tolerance_of(dtype));
      if (dtype == DType::Float32) check_adjoint(y, dy, values, dx);
    }
  });
}

TEST_CASE("pooling: pictures that begin at any element") {
  on_every_storage([](const Context& ctx, DType dtype) {
    const Case k{{2, 19, 23, 16}, {3, 2, 1}};
    for (int which = 0; which < 3; ++which) {
      CAPTURE(which);
      Array x = with_ties(random_array(k.shape, 3)).as(dtype), values = random_array(k.shape, 4).as(dtype);
      Array dy = random_array(pooled(k), 5).as(dtype), y(dy.shape, 7, dtype), dx(x.shape, 7, dtype);
      x.misaligned = which == 0;
      y.misaligned = dx.misaligned = which == 1;
      dy.misaligned = values.misaligned = which == 2;
      const auto [y_expected, dx_expected] = averages(k, x, dy);
      const Maxima expected = maxima(k, x, values, dy);
      ctx.backend().avg_pool_forward(y.view(), x.view(), k.window, ctx);
      check_close(y, y_expected, tolerance_of(dtype));
      ctx.backend().avg_pool_backward(dx.view(), dy.view(), k.window, ctx);
      check_close(dx, dx_expected, tolerance_of(dtype));
      ctx.backend().max_pool_select(y.view(), values.view(), x.view(), k.window, ctx);
      CHECK(same_bits(y, expected.selected));
      ctx.backend().max_pool_scatter(dx.view(), dy.view(), x.view(), k.window, ctx);
      check_close(dx, expected.scattered, tolerance_of(dtype));
    }
  });
}

TEST_CASE("pooling: what is not a number wins only where it comes first") {
  on_every_storage([](const Context& ctx, DType dtype) {
    Array x({1, 2, 4, 1}, 0, dtype), dx(x.shape, 7, dtype), y({1, 1, 2, 1}, 7, dtype), dy(y.shape, 1, dtype);
    const float nan = std::numeric_limits<float>::quiet_NaN();
    x.values = {nan, 5, 1, nan, 6, 7, 2, 3};
    ctx.backend().max_pool_select(y.view(), x.view(), x.view(), {2, 2, 0}, ctx);
    CHECK(std::isnan(y[0]));
    CHECK(y[1] == 3);
    ctx.backend().max_pool_scatter(dx.view(), dy.view(), x.view(), {2, 2, 0}, ctx);
    CHECK(dx.values == std::vector<float>{1, 0, 0, 0, 0, 0, 0, 1});
  });
}

TEST_CASE("pooling: scatter is the derivative of the maximum") {
  on_every_backend([](const Context& ctx) {
    const PoolWindow window{3, 2, 1};
    Array x({1, 5, 6, 2}), y({1, 3, 3, 2}), dx(x.shape);
    for (std::size_t i = 0; i < x.values.size(); ++i)
      x[i] = static_cast<float>(i * 37 % 61) * 0.1f;  // no ties
    const Array dy = random_array(y.shape, 6);
    const Array expected = numerical_gradient(x, [&] {
      ctx.backend().max_pool_select(y.view(), x.view(), x.view(), window, ctx);
      return dot(y, dy);
    });
    ctx.backend().max_pool_scatter(dx.view(), dy.view(), x.view(), window, ctx);
    check_close(dx, expected, kNumericalGradient);
  });
}

TEST_CASE("pooling: wrong arguments are refused") {
  on_every_backend([](const Context& ctx) {
    const Backend& backend = ctx.backend();
    Array x({1, 4, 4, 3}), y({1, 2, 2, 3}), other({1, 4, 3, 3});
    CHECK_NOTHROW(backend.avg_pool_forward(y.view(), x.view(), {2, 2, 0}, ctx));
    CHECK_THROWS_AS(backend.avg_pool_forward(other.view(), x.view(), {2, 2, 0}, ctx), CheckError);
    CHECK_THROWS_AS(backend.avg_pool_forward(y.view(), x.view(), {0, 2, 0}, ctx), CheckError);
    CHECK_THROWS_AS(backend.avg_pool_forward(y.view(), x.view(), {2, 0, 0}, ctx), CheckError);
    CHECK_THROWS_AS(backend.avg_pool_forward(y.view(), x.view(), {2, 2, 2}, ctx), CheckError);
    CHECK_THROWS_AS(backend.avg_pool_forward(y.view(), x.view(), {9, 2, 0}, ctx), CheckError);
    CHECK_THROWS_AS(backend.avg_pool_backward(other.view(), y.view(), {2, 1, 0}, ctx), CheckError);
    CHECK_THROWS_AS(backend.max_pool_select(y.view(), other.view(), x.view(), {2, 2, 0}, ctx), CheckError);
    CHECK_THROWS_AS(backend.max_pool_scatter(other.view(), y.view(), x.view(), {2, 2, 0}, ctx), CheckError);
  });
}

TEST_CASE("pooling: views of different storage are refused") {
  on_every_storage([](const Context& ctx, DType dtype) {
    if (dtype == DType::Float32) return;
    const Backend& backend = ctx.backend();
    Array x({1, 4, 4, 3}, 0, dtype), y({1, 2, 2, 3}), values(x.shape);
    CHECK_THROWS_AS(backend.avg_pool_forward(y.view(), x.view(), {2, 2, 0}, ctx), CheckError);
    CHECK_THROWS_AS(backend.avg_pool_backward(x.view(), y.view(), {2, 2, 0}, ctx), CheckError);
    CHECK_THROWS_AS(backend.max_pool_select(y.view(), x.view(), x.view(), {2, 2, 0}, ctx), CheckError);
    CHECK_THROWS_AS(backend.max_pool_select(y.view(), values.view(), x.view(), {2, 2, 0}, ctx), CheckError);
    CHECK_THROWS_AS(backend.max_pool_scatter(x.view(), y.view(), x.view(), {2, 2, 0}, ctx), CheckError);
  });
}

TEST_CASE("pooling: the thread count does not matter") {
  const Array x = random_array({2, 40, 42, 70}, 7);
  const PoolWindow window{3, 2, 1};
  check_thread_count_does_not_matter([&](const Context& ctx) {
    Array y({2, 20, 21, 70}), maximum(y.shape), dx(x.shape), scattered(x.shape);
    ctx.backend().avg_pool_forward(y.view(), x.view(), window, ctx);
    ctx.backend().max_pool_select(maximum.view(), x.view(), x.view(), window, ctx);
    ctx.backend().axpby(y.view(), 1, y.view(), 1, maximum.view(), ctx);
    ctx.backend().avg_pool_backward(dx.view(), y.view(), window, ctx);
    ctx.backend().max_pool_scatter(scattered.view(), y.view(), x.view(), window, ctx);
    ctx.backend().axpby(dx.view(), 1, dx.view(), 1, scattered.view(), ctx);
    return dx;
  });
}
