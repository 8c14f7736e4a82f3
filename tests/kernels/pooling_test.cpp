#include "kernels/pooling.h"

#include <limits>

#include "tests/kernels/kernel_helpers.h"

using namespace bauta;
using namespace bauta::test;

namespace {

struct Case {
  Shape shape;
  PoolWindow window;
};
// Windows that tile, overlap, leave gaps, leave pixels over at the end, and reach into the padding.
const std::vector<Case> kCases = {
    {{0, 4, 4, 3}, {2, 2, 0}},   {{1, 1, 1, 5}, {1, 1, 0}},  {{2, 4, 6, 3}, {2, 2, 0}},
    {{1, 7, 5, 3}, {3, 2, 1}},   {{1, 6, 7, 64}, {3, 1, 1}}, {{2, 9, 8, 5}, {2, 3, 0}},
    {{1, 5, 4, 257}, {3, 2, 0}}, {{1, 2, 2, 1}, {5, 1, 2}},  {{2, 61, 63, 5}, {3, 2, 1}}};

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
        for (int r = 0; r < size; ++r)
          for (int l = 0; l < size; ++l) {
            const int h = p * stride - padding + r, w = q * stride - padding + l;
            if (h < 0 || h >= s.h || w < 0 || w >= s.w) continue;
            for (int c = 0; c < s.c; ++c) f(n, p, q, h, w, c);
          }
}

}  // namespace

TEST_CASE("pooling: the average and its adjoint") {
  on_every_backend([](const Context& ctx) {
    for (const Case& k : kCases) {
      CAPTURE(k.shape);
      const Array x = random_array(k.shape, 1), dy = random_array(pooled(k), 2);
      Array y(dy.shape, 7), dx(x.shape, 7), y_expected(dy.shape), dx_expected(x.shape);
      const float area = static_cast<float>(k.window.size * k.window.size);
      for_each_tap(k, [&](int n, int p, int q, int h, int w, int c) {
        y_expected.at(n, p, q, c) += x.at(n, h, w, c) / area;
        dx_expected.at(n, h, w, c) += dy.at(n, p, q, c) / area;
      });
      ctx.backend().avg_pool_forward(y.view(), x.view(), k.window, ctx);
      check_close(y, y_expected);
      ctx.backend().avg_pool_backward(dx.view(), dy.view(), k.window, ctx);
      check_close(dx, dx_expected);
      check_adjoint(y, dy, x, dx);
    }
  });
}

TEST_CASE("pooling: the place of the maximum, and its adjoint") {
  on_every_backend([](const Context& ctx) {
    for (const Case& k : kCases) {
      CAPTURE(k.shape);
      Array x = random_array(k.shape, 3, -2, -1);  // below zero: padding would win if it counted
      for (float& value : x.values) value = std::round(value * 4) / 4;  // with ties
      const Array values = random_array(k.shape, 4), dy = random_array(pooled(k), 5);
      Array largest(dy.shape, -std::numeric_limits<float>::infinity()), y_expected(dy.shape);
      for_each_tap(k, [&](int n, int p, int q, int h, int w, int c) {
        if (x.at(n, h, w, c) <= largest.at(n, p, q, c)) return;
        largest.at(n, p, q, c) = x.at(n, h, w, c);
        y_expected.at(n, p, q, c) = values.at(n, h, w, c);
      });
      Array y(dy.shape, 7), dx(x.shape, 7);
      ctx.backend().max_pool_select(y.view(), x.view(), x.view(), k.window, ctx);
      CHECK(same_bits(y, largest));
      ctx.backend().max_pool_select(y.view(), values.view(), x.view(), k.window, ctx);
      CHECK(same_bits(y, y_expected));
      ctx.backend().max_pool_scatter(dx.view(), dy.view(), x.view(), k.window, ctx);
      check_adjoint(y, dy, values, dx);
    }
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
