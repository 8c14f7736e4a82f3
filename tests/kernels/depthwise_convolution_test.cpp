#include "kernels/depthwise_convolution.h"

#include "tests/kernels/kernel_helpers.h"

using namespace bauta;
using namespace bauta::test;

namespace {

struct Case {
  Shape x;
  int taps_h, taps_w;
  ConvGeometry geometry;

  Shape w() const { return {1, taps_h, taps_w, x.c}; }
  Shape y() const { return {x.n, geometry.output_size(x.h, taps_h), geometry.output_size(x.w, taps_w), x.c}; }
};
// No picture; the networks' kinds (3x3 by 1 and 2, the 7x7 that leaves one pixel); channels that make whole
// vectors and that do not; filters that are not square, that leave rows out, that lie in the padding alone;
// several tiles of pixels; filters that no tile holds.
const std::vector<Case> kCases = {
    {{0, 5, 4, 3}, 3, 3, {1, 1}},     {{1, 1, 1, 1}, 1, 1, {1, 0}},     {{2, 5, 6, 3}, 3, 3, {1, 1}},
    {{1, 14, 13, 64}, 3, 3, {2, 1}},  {{2, 7, 7, 48}, 7, 7, {1, 0}},    {{1, 9, 8, 257}, 3, 3, {1, 1}},
    {{1, 12, 11, 8}, 1, 7, {1, 3}},   {{1, 12, 11, 40}, 5, 2, {3, 2}},  {{1, 4, 5, 4}, 2, 2, {3, 0}},
    {{1, 3, 2, 5}, 1, 1, {2, 3}},     {{2, 61, 63, 5}, 3, 3, {2, 1}},   {{1, 70, 50, 16}, 3, 3, {1, 1}},
    {{1, 70, 50, 1}, 40, 60, {1, 5}}, {{1, 60, 57, 32}, 57, 9, {2, 4}}, {{3, 1, 90, 33}, 1, 3, {1, 1}}};

// f(n, p, q, r, s, h, w, c) for every product.
template <class Function>
void for_each_product(const Case& k, const Function& f) {
  const Shape x = k.x, y = k.y();
  const auto [stride, padding] = k.geometry;
  for (int n = 0; n < y.n; ++n)
    for (int p = 0; p < y.h; ++p)
      for (int q = 0; q < y.w; ++q)
        for (int r = 0; r < k.taps_h; ++r)
          for (int s = 0; s < k.taps_w; ++s) {
            const int h = p * stride - padding + r, w = q * stride - padding + s;
            if (h < 0 || h >= x.h || w < 0 || w >= x.w) continue;
            for (int c = 0; c < x.c; ++c) f(n, p, q, r, s, h, w, c);
          }
}

// What is added up in double, at the places of an array.
struct Sums {
  explicit Sums(Shape shape) : array(shape), totals(shape.count()) {}
  double& at(int n, int h, int w, int c) {
    return totals[static_cast<std::size_t>(&array.at(n, h, w, c) - array.values.data())];
  }
  Array rounded() {
    for (std::size_t i = 0; i < totals.size(); ++i) array[i] = static_cast<float>(totals[i]);
    return array;
  }
  Array array;
  std::vector<double> totals;
};

struct Results {
  Array y, dx, dw;
};
Results by_plain_loops(const Case& k, const Array& x, const Array& w, const Array& dy) {
  Sums y(k.y()), dx(k.x), dw(k.w());
  for_each_product(k, [&](int n, int p, int q, int r, int s, int h, int v, int c) {
    const auto number = [](float value) { return static_cast<double>(value); };
    y.at(n, p, q, c) += number(x.at(n, h, v, c)) * number(w.at(0, r, s, c));
    dx.at(n, h, v, c) += number(dy.at(n, p, q, c)) * number(w.at(0, r, s, c));
    dw.at(0, r, s, c) += number(dy.at(n, p, q, c)) * number(x.at(n, h, v, c));
  });
  return {y.rounded(), dx.rounded(), dw.rounded()};
}

}  // namespace

TEST_CASE("depthwise convolution: all three equal their formulas") {
  on_every_storage([](const Context& ctx, DType dtype) {
    for (const Case& k : kCases) {
      CAPTURE(k.x);
      CAPTURE(k.taps_h);
      CAPTURE(k.taps_w);
      CAPTURE(k.geometry.stride);
      CAPTURE(k.geometry.padding);
      const Array x = random_array(k.x, 1).as(dtype), w = random_array(k.w(), 2).as(dtype);
      const Array dy = random_array(k.y(), 3).as(dtype);
      Array y(k.y(), 7, dtype), dx(k.x, 7, dtype), dw(k.w(), 7, dtype);
      const Results expected = by_plain_loops(k, x, w, dy);
      ctx.backend().depthwise_fprop(y.view(), x.view(), w.view(), k.geometry, ctx);
      check_close(y, expected.y, tolerance_of(dtype), "fprop");
      ctx.backend().depthwise_dgrad(dx.view(), dy.view(), w.view(), k.geometry, ctx);
      check_close(dx, expected.dx, tolerance_of(dtype), "dgrad");
      ctx.backend().depthwise_wgrad(dw.view(), x.view(), dy.view(), k.geometry, GradMode::Overwrite, ctx);
      check_close(dw, expected.dw, tolerance_of(dtype), "wgrad");
      if (dtype == DType::Float32) check_adjoint(y, dy, x, dx);
    }
  });
}

TEST_CASE("depthwise convolution: wgrad adds to what is there, in float32 beside any storage") {
  on_every_storage([](const Context& ctx, DType dtype) {
    for (const Case& k : {kCases[3], kCases[9], kCases[10]}) {
      CAPTURE(k.x);
      const Array x = random_array(k.x, 1).as(dtype), dy = random_array(k.y(), 3).as(dtype);
      const Results expected = by_plain_loops(k, x, Array(k.w()), dy);
      Array dw(k.w(), 7), before = random_array(k.w(), 4);
      ctx.backend().depthwise_wgrad(dw.view(), x.view(), dy.view(), k.geometry, GradMode::Overwrite, ctx);
      check_close(dw, expected.dw);
      dw = before;
      ctx.backend().depthwise_wgrad(dw.view(), x.view(), dy.view(), k.geometry, GradMode::Accumulate, ctx);
      for (std::size_t i = 0; i < before.values.size(); ++i) before[i] += expected.dw[i];
      check_close(dw, before);
    }
  });
}

TEST_CASE("depthwise convolution: pictures that begin at any element") {
  on_every_storage([](const Context& ctx, DType dtype) {
    const Case k{{2, 19, 23, 16}, 3, 3, {2, 1}};
    for (int which = 0; which < 3; ++which) {
      CAPTURE(which);
      Array x = random_array(k.x, 1).as(dtype), w = random_array(k.w(), 2).as(dtype);
      Array dy = random_array(k.y(), 3).as(dtype);
      Array y(k.y(), 7, dtype), dx(k.x, 7, dtype), dw(k.w(), 7, dtype);
      x.misaligned = dx.misaligned = which == 0;
      y.misaligned = dy.misaligned = which == 1;
      w.misaligned = dw.misaligned = which == 2;
      const Results expected = by_plain_loops(k, x, w, dy);
      ctx.backend().depthwise_fprop(y.view(), x.view(), w.view(), k.geometry, ctx);
      check_close(y, expected.y, tolerance_of(dtype));
      ctx.backend().depthwise_dgrad(dx.view(), dy.view(), w.view(), k.geometry, ctx);
      check_close(dx, expected.dx, tolerance_of(dtype));
      ctx.backend().depthwise_wgrad(dw.view(), x.view(), dy.view(), k.geometry, GradMode::Overwrite, ctx);
      check_close(dw, expected.dw, tolerance_of(dtype));
    }
  });
}

TEST_CASE("depthwise convolution: both gradients are the derivatives") {
  on_every_backend([](const Context& ctx) {
    const Case k{{1, 5, 6, 3}, 3, 2, {2, 1}};
    Array x = random_array(k.x, 1), w = random_array(k.w(), 2), y(k.y()), dx(k.x), dw(k.w());
    const Array dy = random_array(k.y(), 3);
    const auto value = [&] {
      ctx.backend().depthwise_fprop(y.view(), x.view(), w.view(), k.geometry, ctx);
      return dot(y, dy);
    };
    ctx.backend().depthwise_dgrad(dx.view(), dy.view(), w.view(), k.geometry, ctx);
    check_close(dx, numerical_gradient(x, value), kNumericalGradient);
    ctx.backend().depthwise_wgrad(dw.view(), x.view(), dy.view(), k.geometry, GradMode::Overwrite, ctx);
    check_close(dw, numerical_gradient(w, value), kNumericalGradient);
  });
}

TEST_CASE("depthwise convolution: wrong arguments are refused") {
  on_every_backend([](const Context& ctx) {
    const Backend& backend = ctx.backend();
    Array x({1, 4, 4, 3}), w({1, 3, 3, 3}), y({1, 4, 4, 3}), dense({3, 3, 3, 3}), narrow({1, 3, 3, 2});
    CHECK_NOTHROW(backend.depthwise_fprop(y.view(), x.view(), w.view(), {1, 1}, ctx));
    CHECK_THROWS_AS(backend.depthwise_fprop(y.view(), x.view(), dense.view(), {1, 1}, ctx), CheckError);
    CHECK_THROWS_AS(backend.depthwise_fprop(y.view(), x.view(), narrow.view(), {1, 1}, ctx), CheckError);
    CHECK_THROWS_AS(backend.depthwise_fprop(y.view(), x.view(), w.view(), {1, 0}, ctx), CheckError);
    CHECK_THROWS_AS(backend.depthwise_fprop(y.view(), x.view(), w.view(), {0, 1}, ctx), CheckError);
    CHECK_THROWS_AS(backend.depthwise_dgrad(x.view(), y.view(), w.view(), {2, 1}, ctx), CheckError);
    CHECK_THROWS_AS(backend.depthwise_dgrad(x.view(), y.view(), narrow.view(), {1, 1}, ctx), CheckError);
    CHECK_THROWS_AS(
        backend.depthwise_wgrad(dense.view(), x.view(), y.view(), {1, 1}, GradMode::Overwrite, ctx),
        CheckError);
    CHECK_THROWS_AS(backend.depthwise_wgrad(w.view(), x.view(), y.view(), {1, 2}, GradMode::Overwrite, ctx),
                    CheckError);
  });
}

TEST_CASE("depthwise convolution: views of different storage are refused") {
  on_every_storage([](const Context& ctx, DType dtype) {
    if (dtype == DType::Float32) return;
    const Backend& backend = ctx.backend();
    Array x({1, 4, 4, 3}, 0, dtype), w({1, 3, 3, 3}), y({1, 4, 4, 3}, 0, dtype), other(y.shape);
    CHECK_THROWS_AS(backend.depthwise_fprop(y.view(), x.view(), w.view(), {1, 1}, ctx), CheckError);
    CHECK_THROWS_AS(backend.depthwise_dgrad(x.view(), y.view(), w.view(), {1, 1}, ctx), CheckError);
    CHECK_THROWS_AS(
        backend.depthwise_wgrad(w.view(), x.view(), other.view(), {1, 1}, GradMode::Overwrite, ctx),
        CheckError);
  });
}

TEST_CASE("depthwise convolution: the thread count does not matter") {
  const Case k{{2, 40, 42, 70}, 3, 3, {2, 1}};
  const Array x = random_array(k.x, 1), w = random_array(k.w(), 2);
  check_thread_count_does_not_matter([&](const Context& ctx) {
    Array y(k.y());
    ctx.backend().depthwise_fprop(y.view(), x.view(), w.view(), k.geometry, ctx);
    return y;
  });
  const Array dy = random_array(k.y(), 3);
  check_thread_count_does_not_matter([&](const Context& ctx) {
    Array dx(k.x);
    ctx.backend().depthwise_dgrad(dx.view(), dy.view(), w.view(), k.geometry, ctx);
    return dx;
  });
  check_thread_count_does_not_matter([&](const Context& ctx) {
    Array dw(k.w());
    ctx.backend().depthwise_wgrad(dw.view(), x.view(), dy.view(), k.geometry, GradMode::Overwrite, ctx);
    return dw;
  });
}
