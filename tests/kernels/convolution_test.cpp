#include "kernels/convolution.h"

#include <cmath>
#include <vector>

#include "kernels/check.h"
#include "tests/kernels/kernel_helpers.h"

namespace bauta::test {
namespace {

struct Case {
  int n, h, w, c, k, r, s, stride, padding;

  ConvGeometry geometry() const { return {stride, padding}; }
  Shape x() const { return {n, h, w, c}; }
  Shape weights() const { return {k, r, s, c}; }
  Shape y() const { return {n, geometry().output_size(h, r), geometry().output_size(w, s), k}; }
};

std::ostream& operator<<(std::ostream& out, const Case& a) {
  return out << "x " << a.x() << " w " << a.weights() << " stride " << a.stride << " padding " << a.padding;
}

// Calls body(index into x, index into w, index into y) for each product of the convolution.
template <class Body>
void each_product(const Case& a, Body body) {
  const Shape y = a.y();
  for (int n = 0; n < a.n; ++n)
    for (int p = 0; p < y.h; ++p)
      for (int q = 0; q < y.w; ++q)
        for (int k = 0; k < a.k; ++k)
          for (int r = 0; r < a.r; ++r)
            for (int s = 0; s < a.s; ++s) {
              const int h = p * a.stride - a.padding + r, w = q * a.stride - a.padding + s;
              if (h < 0 || h >= a.h || w < 0 || w >= a.w) continue;
              for (int c = 0; c < a.c; ++c)
                body(static_cast<std::size_t>(((n * a.h + h) * a.w + w) * a.c + c),
                     static_cast<std::size_t>(((k * a.r + r) * a.s + s) * a.c + c),
                     static_cast<std::size_t>(((n * y.h + p) * y.w + q) * a.k + k));
            }
}

Array rounded(Shape shape, const std::vector<double>& values) {
  Array array(shape);
  for (std::size_t i = 0; i < values.size(); ++i) array[i] = static_cast<float>(values[i]);
  return array;
}

// The definition, in double.
struct Reference {
  Array y, dx, dw;

  Reference(const Case& a, const Array& x, const Array& w, const Array& dy) {
    std::vector<double> y_sum(a.y().count()), dx_sum(a.x().count()), dw_sum(a.weights().count());
    each_product(a, [&](std::size_t i, std::size_t j, std::size_t o) {
      y_sum[o] += double{x[i]} * double{w[j]};
      dx_sum[i] += double{dy[o]} * double{w[j]};
      dw_sum[j] += double{dy[o]} * double{x[i]};
    });
    y = rounded(a.y(), y_sum);
    dx = rounded(a.x(), dx_sum);
    dw = rounded(a.weights(), dw_sum);
  }
};

struct Inputs {
  Array x, w, dy;
  explicit Inputs(const Case& a)
      : x(random_array(a.x(), 1)), w(random_array(a.weights(), 2)), dy(random_array(a.y(), 3)) {}
};

struct Outputs {
  Array y, dx, dw;

  // What is written must not depend on what was there.
  Outputs(const Case& a, const Inputs& in, const Context& ctx)
      : y(a.y(), NAN), dx(a.x(), NAN), dw(a.weights(), NAN) {
    const Backend& backend = ctx.backend();
    backend.conv_fprop(y.view(), in.x.view(), in.w.view(), a.geometry(), ctx);
    backend.conv_dgrad(dx.view(), in.dy.view(), in.w.view(), a.geometry(), ctx);
    backend.conv_wgrad(dw.view(), in.x.view(), in.dy.view(), a.geometry(), GradMode::Overwrite, ctx);
  }
};

void check_case(const Case& a) {
  CAPTURE(a);
  const Inputs in(a);
  const Reference expected(a, in.x, in.w, in.dy);
  on_every_backend([&](const Context& ctx) {
    const Outputs actual(a, in, ctx);
    check_close(actual.y, expected.y, {}, "fprop");
    check_close(actual.dx, expected.dx, {}, "dgrad");
    check_close(actual.dw, expected.dw, {}, "wgrad");

    Array twice = actual.dw;
    ctx.backend().conv_wgrad(twice.view(), in.x.view(), in.dy.view(), a.geometry(), GradMode::Accumulate,
                             ctx);
    Array doubled = expected.dw;
    for (float& value : doubled.values) value *= 2;
    check_close(twice, doubled, {}, "wgrad, accumulated");
  });
}

TEST_CASE("convolution: the layers of the networks, narrow and small") {
  for (const Case& a : {
           Case{1, 22, 20, 3, 32, 7, 7, 1, 0},   // first layer
           Case{2, 16, 14, 32, 64, 3, 3, 2, 1},  // downsampling
           Case{1, 18, 18, 64, 64, 3, 3, 1, 0},  // residual
           Case{1, 22, 26, 32, 3, 7, 7, 1, 0},   // last layer
           Case{1, 16, 16, 3, 64, 4, 4, 2, 1},   // discriminator
           Case{2, 9, 9, 64, 16, 4, 4, 1, 1},    //
           Case{1, 9, 10, 64, 1, 4, 4, 1, 1},    //
           Case{3, 1, 1, 64, 130, 1, 1, 1, 0},   // fully connected
           Case{1, 12, 17, 17, 65, 1, 1, 1, 0},  // pointwise
           Case{1, 8, 9, 130, 100, 3, 3, 1, 1},  // several panels and stretches
           Case{1, 7, 8, 600, 70, 3, 3, 1, 1},   //
           Case{1, 120, 10, 4, 5, 3, 3, 1, 1},   // several strips
           Case{1, 9, 600, 3, 4, 3, 3, 1, 1},    // rows longer than a strip
       })
    check_case(a);
}

TEST_CASE("convolution: 3x3 of stride 1 by Winograd's tiles") {
  for (const Case& a : {
           Case{1, 18, 18, 32, 32, 3, 3, 1, 0},   // whole tiles
           Case{1, 17, 19, 48, 80, 3, 3, 1, 1},   // tiles over the edge
           Case{3, 11, 13, 64, 32, 3, 3, 1, 2},   // batches
           Case{1, 1, 300, 32, 48, 3, 3, 1, 1},   // flat
           Case{2, 14, 18, 32, 32, 3, 3, 1, 5},   // tiles that see only padding
           Case{1, 17, 17, 512, 32, 3, 3, 1, 1},  //
           Case{2, 66, 66, 32, 32, 3, 3, 1, 1},   //
           Case{2, 34, 35, 256, 32, 3, 3, 1, 0},  // several blocks of tiles
       })
    check_case(a);
}

TEST_CASE("convolution: every window, stride and padding") {
  for (int taps : {1, 2, 3, 4, 7})
    for (int stride : {1, 2, 3, 5})
      for (int padding : {0, 1, 2, 3, 9})
        for (const auto& [h, w] : {std::pair{8, 11}, {7, 7}, {1, 1}, {2, 9}}) {
          if (h + 2 * padding < taps || w + 2 * padding < taps) continue;
          check_case({1, h, w, 3, 5, taps, taps, stride, padding});
        }
}

TEST_CASE("convolution: every number of channels") {
  for (int c : {1, 3, 5, 16, 17, 64})
    for (int k : {1, 3, 5, 16, 17, 64}) {
      check_case({1, 6, 7, c, k, 3, 3, 1, 1});
      check_case({2, 5, 8, c, k, 4, 4, 2, 1});
      check_case({1, 3, 3, c, k, 1, 1, 1, 0});
    }
}

TEST_CASE("convolution: windows that are not square, and batches") {
  check_case({1, 9, 6, 4, 7, 1, 5, 1, 2});
  check_case({1, 9, 6, 4, 7, 5, 2, 2, 1});
  check_case({1, 9, 12, 5, 3, 3, 7, 1, 0});
  for (int n : {1, 2, 3}) {
    check_case({n, 5, 6, 8, 6, 3, 3, 1, 1});
    check_case({n, 30, 33, 2, 40, 3, 3, 1, 0});
    check_case({n, 30, 33, 2, 1, 3, 3, 1, 1});
  }
}

TEST_CASE("convolution: an empty batch changes nothing, and its dw is zero") {
  const Case a{0, 5, 5, 3, 4, 3, 3, 1, 1};
  const Inputs in(a);
  on_every_backend([&](const Context& ctx) {
    const Outputs actual(a, in, ctx);
    check_close(actual.dw, Array(a.weights(), 0));
    Array dw(a.weights(), 2);
    ctx.backend().conv_wgrad(dw.view(), in.x.view(), in.dy.view(), a.geometry(), GradMode::Accumulate, ctx);
    check_close(dw, Array(a.weights(), 2));
  });
}

TEST_CASE("convolution: dgrad of every size of x that gives one size of y") {
  for (int stride : {1, 2, 3})
    for (int extra = 0; extra < stride; ++extra)
      check_case(
          {2, (5 - 1) * stride + 3 - 2 + extra, (4 - 1) * stride + 3 - 2 + extra, 6, 9, 3, 3, stride, 1});
}

TEST_CASE("convolution: the three passes are adjoint") {
  for (const Case& a : {Case{2, 9, 11, 5, 7, 3, 3, 2, 1}, Case{1, 12, 12, 16, 3, 7, 7, 1, 3}}) {
    const Inputs in(a);
    on_every_backend([&](const Context& ctx) {
      const Outputs out(a, in, ctx);
      const double expected = dot(out.y, in.dy);
      CHECK(dot(in.x, out.dx) == doctest::Approx(expected).epsilon(1e-5));
      CHECK(dot(in.w, out.dw) == doctest::Approx(expected).epsilon(1e-5));
    });
  }
}

TEST_CASE("convolution: gradients are the function's differences") {
  const Case a{1, 4, 5, 2, 3, 3, 3, 2, 1};
  on_every_backend([&](const Context& ctx) {
    Inputs in(a);
    const Outputs out(a, in, ctx);
    const auto loss = [&] {
      Array y(a.y());
      ctx.backend().conv_fprop(y.view(), in.x.view(), in.w.view(), a.geometry(), ctx);
      return dot(y, in.dy);
    };
    check_close(out.dx, numerical_gradient(in.x, loss), kNumericalGradient);
    check_close(out.dw, numerical_gradient(in.w, loss), kNumericalGradient);
  });
}

TEST_CASE("convolution: the same bits on any number of threads") {
  for (const Case& a : {Case{2, 21, 23, 17, 70, 3, 3, 1, 1}, Case{1, 40, 41, 3, 20, 7, 7, 1, 0},
                        Case{1, 40, 41, 20, 3, 7, 7, 1, 0}, Case{3, 15, 14, 9, 33, 4, 4, 2, 1},
                        Case{3, 21, 23, 48, 64, 3, 3, 1, 1}}) {
    CAPTURE(a);
    const Inputs in(a);
    for (const Backend* backend : available_backends()) {
      CAPTURE(backend->name);
      const Outputs one(a, in, Context(*backend, 1));
      for (int threads : {2, 3, 8}) {
        const Outputs many(a, in, Context(*backend, threads));
        CHECK(one.y.values == many.y.values);
        CHECK(one.dx.values == many.dx.values);
        CHECK(one.dw.values == many.dw.values);
      }
    }
  }
}

TEST_CASE("convolution: shapes that do not fit are refused") {
  const Context ctx;
  const Backend& backend = ctx.backend();
  Array x({1, 6, 6, 3}), w({4, 3, 3, 3}), y({1, 4, 4, 4});
  const ConvGeometry plain;
  CHECK_NOTHROW(backend.conv_fprop(y.view(), x.view(), w.view(), plain, ctx));
  CHECK_THROWS_AS(backend.conv_fprop(y.view(), x.view(), w.view(), {1, 1}, ctx), CheckError);
  CHECK_THROWS_AS(backend.conv_fprop(y.view(), x.view(), w.view(), {0, 0}, ctx), CheckError);
  CHECK_THROWS_AS(backend.conv_dgrad(x.view(), y.view(), w.view(), {1, -1}, ctx), CheckError);
  CHECK_THROWS_AS(backend.conv_wgrad(w.view(), y.view(), x.view(), plain, GradMode::Overwrite, ctx),
                  CheckError);
  Array channels({4, 3, 3, 2}), large({4, 7, 7, 3}), batch({2, 6, 6, 3}), empty({1, 0, 0, 4});
  CHECK_THROWS_AS(backend.conv_fprop(y.view(), x.view(), channels.view(), plain, ctx), CheckError);
  CHECK_THROWS_AS(backend.conv_fprop(y.view(), batch.view(), w.view(), plain, ctx), CheckError);
  CHECK_THROWS_AS(backend.conv_fprop(empty.view(), x.view(), large.view(), plain, ctx), CheckError);
}

}  // namespace
}  // namespace bauta::test
