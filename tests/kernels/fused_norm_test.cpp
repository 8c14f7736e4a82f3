#include "kernels/fused_norm.h"

#include <algorithm>

#include "tests/kernels/kernel_helpers.h"

using namespace bauta;
using namespace bauta::test;

namespace {

constexpr float kEps = 1e-5f;

Shape in_halo(const Shape& s, int halo) { return {s.n, s.h + 2 * halo, s.w + 2 * halo, s.c}; }

// One use of the op; a halo of -1 means that there is no such tensor.
struct Case {
  Shape shape;
  float slope = 0;
  int border = 0, residual = -1, d_residual = -1;
  bool extra = false;
};
std::ostream& operator<<(std::ostream& out, const Case& c) {
  return out << c.shape << " slope " << c.slope << " border " << c.border << " residual " << c.residual
             << " d_residual " << c.d_residual << " extra " << c.extra;
}

struct Inputs {
  Array x, residual, dy, extra;

  explicit Inputs(const Case& c, DType type = DType::Float32, std::uint64_t seed = 1)
      : x(random_array(c.shape, seed, -1, 3).as(type)),
        residual(random_array(in_halo(c.shape, std::max(0, c.residual)), seed + 1).as(type)),
        dy(random_array(in_halo(c.shape, c.border), seed + 2).as(type)),
        extra(random_array(c.shape, seed + 3).as(type)) {}
};

struct Outputs {
  Array y, mean, rstd, dx, d_residual;

  explicit Outputs(const Case& c, DType type = DType::Float32)
      : y(in_halo(c.shape, c.border), 7, type),
        mean({c.shape.n, 1, 1, c.shape.c}),
        rstd(mean),
        dx(c.shape, 7, type),
        d_residual(in_halo(c.shape, std::max(0, c.d_residual)), 7, type) {}
};

Outputs computed(const Case& c, const Inputs& in, const Context& ctx) {
  Outputs out(c, in.x.dtype);
  ctx.backend().fused_norm_forward(out.y.view(), out.mean.view(), out.rstd.view(), in.x.view(),
                                   c.residual < 0 ? ConstView() : ConstView(in.residual.view()), kEps,
                                   c.slope, ctx);
  ctx.backend().fused_norm_backward(out.dx.view(), c.d_residual < 0 ? View() : View(out.d_residual.view()),
                                    in.dy.view(), c.extra ? ConstView(in.extra.view()) : ConstView(),
                                    in.x.view(), out.mean.view(), out.rstd.view(), c.slope, ctx);
  return out;
}

// f(row, column of a padded picture, row, column of the pixel that it shows)
void for_shown(const Shape& inside, int border, const std::function<void(int, int, int, int)>& f) {
  const auto pixel = [](int i, int size) {
    if (i < 0) i = -i;
    return i < size ? i : 2 * (size - 1) - i;
  };
  for (int h = 0; h < inside.h + 2 * border; ++h)
    for (int w = 0; w < inside.w + 2 * border; ++w)
      f(h, w, pixel(h - border, inside.h), pixel(w - border, inside.w));
}

// The header's formulas, in double.
Outputs reference(const Case& c, const Inputs& in) {
  const Shape s = c.shape;
  const double pixels = static_cast<double>(s.h) * s.w, slope = static_cast<double>(c.slope);
  Outputs out(c);
  std::fill(out.d_residual.values.begin(), out.d_residual.values.end(), 0.0f);
  std::vector<double> normal(s.count()), gradient(s.count());
  const auto at = [&](int n, int h, int w, int k) {
    return static_cast<std::size_t>(((n * s.h + h) * s.w + w) * s.c + k);
  };
  const auto mean = [&](int n, int k, const auto& term) {
    double total = 0;
    for (int h = 0; h < s.h; ++h)
      for (int w = 0; w < s.w; ++w) total += term(at(n, h, w, k));
    return total / pixels;
  };
  for (int n = 0; n < s.n; ++n)
    for (int k = 0; k < s.c; ++k) {
      const auto x = [&](std::size_t i) { return static_cast<double>(in.x[i]); };
      const double center = mean(n, k, x);
      const double variance = mean(n, k, [&](std::size_t i) { return (x(i) - center) * (x(i) - center); });
      const double rstd = 1 / std::sqrt(variance + static_cast<double>(kEps));
      out.mean.at(n, 0, 0, k) = static_cast<float>(center);
      out.rstd.at(n, 0, 0, k) = static_cast<float>(rstd);
      for (int h = 0; h < s.h; ++h)
        for (int w = 0; w < s.w; ++w) {
          const std::size_t i = at(n, h, w, k);
          normal[i] = (x(i) - center) * rstd;
          gradient[i] = c.extra ? static_cast<double>(in.extra[i]) : 0;
        }
      for_shown(s, c.border, [&](int row, int column, int h, int w) {
        const std::size_t i = at(n, h, w, k);
        const int q = c.residual;
        const double added = q < 0 ? 0 : static_cast<double>(in.residual.at(n, h + q, w + q, k));
        out.y.at(n, row, column, k) =
            static_cast<float>((normal[i] > 0 ? normal[i] : slope * normal[i]) + added);
        gradient[i] += static_cast<double>(in.dy.at(n, row, column, k));
      });
      const auto gated = [&](std::size_t i) { return normal[i] > 0 ? gradient[i] : slope * gradient[i]; };
      const double level = mean(n, k, gated);
      const double tilt = mean(n, k, [&](std::size_t i) { return gated(i) * normal[i]; });
      const int q = std::max(0, c.d_residual);
      for (int h = 0; h < s.h; ++h)
        for (int w = 0; w < s.w; ++w) {
          const std::size_t i = at(n, h, w, k);
          out.dx[i] = static_cast<float>(rstd * (gated(i) - level - normal[i] * tilt));
          out.d_residual.at(n, h + q, w + q, k) = static_cast<float>(gradient[i]);
        }
    }
  return out;
}

double largest(const Array& array) {
  double result = 0;
  for (float value : array.values) result = std::max(result, std::abs(static_cast<double>(value)));
  return result;
}

void check_outputs(const Case& c, const Outputs& actual, const Outputs& expected, DType type) {
  CAPTURE(c);
  const Tolerance tolerance = tolerance_of(type);
  check_close(actual.y, expected.y, tolerance, "y");
  check_close(actual.mean, expected.mean, {}, "mean");
  check_close(actual.rstd, expected.rstd, {}, "rstd");
  // rstd multiplies what g's rounding leaves of differences that cancel.
  const double cancelled = largest(expected.rstd) * largest(expected.d_residual) * tolerance.relative;
  check_close(actual.dx, expected.dx, {tolerance.absolute + cancelled, tolerance.relative}, "dx");
  if (c.d_residual >= 0) check_close(actual.d_residual, expected.d_residual, tolerance, "d_residual");
}

// Every variant at a shape that allows borders of two.
std::vector<Case> variants(const Shape& shape) {
  std::vector<Case> result;
  for (float slope : {0.2f, 1.0f})
    for (int border : {0, 2})
      for (int residual : {-1, 0, 2})
        for (int d_residual : {-1, 0, 1})
          for (bool extra : {false, true})
            result.push_back({shape, slope, border, residual, d_residual, extra});
  return result;
}

// All that is written, for comparisons of bits.
Array joined(const Outputs& out) {
  Array all({1, 1, 1, 0});
  for (const Array* part : {&out.y, &out.mean, &out.rstd, &out.dx, &out.d_residual})
    all.values.insert(all.values.end(), part->values.begin(), part->values.end());
  all.shape.c = static_cast<int>(all.values.size());
  return all;
}

}  // namespace

TEST_CASE("fused_norm: every variant equals its formula") {
  on_every_storage([](const Context& ctx, DType dtype) {
    for (const Shape& shape : {Shape{2, 3, 4, 3}, Shape{1, 5, 3, 16}})
      for (const Case& c : variants(shape)) {
        const Inputs in(c, dtype);
        check_outputs(c, computed(c, in, ctx), reference(c, in), dtype);
      }
  });
}

TEST_CASE("fused_norm: shapes") {
  std::vector<Case> cases;
  for (const Shape& shape : shapes_to_try()) cases.push_back({shape, 0.2f, 0, 0, 0, true});
  // Pixels seen in both borders; channels that fill no vector, one group, several groups unevenly.
  cases.insert(cases.end(), {{{2, 2, 2, 8}, 0, 1, 1, 1, true},
                             {{1, 4, 5, 3}, 0, 3, -1, -1, false},
                             {{1, 4, 4, 40}, 0, 3, 2, 3, true},
                             {{2, 7, 4, 256}, 0, 2, 1, -1, true},
                             {{1, 33, 31, 72}, 0, 1, 1, -1, false},
                             {{1, 64, 48, 8}, 1, 1, 1, 0, true},
                             {{1, 30, 200, 1}, 0, 3, 0, 3, false}});
  on_every_storage([&](const Context& ctx, DType dtype) {
    for (const Case& c : cases) {
      const Inputs in(c, dtype);
      check_outputs(c, computed(c, in, ctx), reference(c, in), dtype);
    }
  });
}

TEST_CASE("fused_norm: pointers aligned to an element alone") {
  const Case c{{2, 5, 6, 16}, 0.2f, 1, 1, 1, true};
  on_every_storage([&](const Context& ctx, DType dtype) {
    Inputs in(c, dtype);
    const Outputs expected = reference(c, in);
    for (Array* array : {&in.x, &in.residual, &in.dy, &in.extra}) {
      array->misaligned = 1;
      check_outputs(c, computed(c, in, ctx), expected, dtype);
      array->misaligned = 0;
    }
    for (Array Outputs::*member : {&Outputs::y, &Outputs::mean, &Outputs::rstd}) {
      Outputs out(c, dtype);
      (out.*member).misaligned = 1;
      ctx.backend().fused_norm_forward(out.y.view(), out.mean.view(), out.rstd.view(), in.x.view(),
                                       in.residual.view(), kEps, c.slope, ctx);
      check_close(out.y, expected.y, tolerance_of(dtype));
    }
    for (Array Outputs::*member : {&Outputs::dx, &Outputs::d_residual, &Outputs::mean, &Outputs::rstd}) {
      Outputs out(c, dtype);
      out.mean = expected.mean, out.rstd = expected.rstd;
      (out.*member).misaligned = 1;
      ctx.backend().fused_norm_backward(out.dx.view(), out.d_residual.view(), in.dy.view(), in.extra.view(),
                                        in.x.view(), out.mean.view(), out.rstd.view(), c.slope, ctx);
      out.y = expected.y;
      check_outputs(c, out, expected, dtype);
    }
  });
}

TEST_CASE("fused_norm: forward equals the ops that it is made of") {
  on_every_backend([](const Context& ctx) {
    const Case c{{2, 20, 30, 24}, 0.2f, 3, 0};
    const Inputs in(c);
    Array rstd({2, 1, 1, 24}), inside(c.shape), y(in_halo(c.shape, 3));
    const Backend& backend = ctx.backend();
    backend.instance_norm_forward(inside.view(), rstd.view(), in.x.view(), kEps, ctx);
    backend.leaky_relu_forward(inside.view(), inside.view(), c.slope, ctx);
    backend.axpby(inside.view(), 1, inside.view(), 1, in.residual.view(), ctx);
    backend.reflection_pad_forward(y.view(), inside.view(), 3, ctx);
    check_close(computed(c, in, ctx).y, y);
  });
}

TEST_CASE("fused_norm: backward is the derivative of forward") {
  on_every_backend([](const Context& ctx) {
    for (const Case& c : {Case{{2, 4, 3, 3}, 1, 2, 0, 0}, Case{{1, 4, 5, 4}, 0.3f, 1, 0, 0}}) {
      CAPTURE(c);
      Inputs in(c, DType::Float32, 11);
      const auto f = [&] { return dot(computed(c, in, ctx).y, in.dy); };
      const Outputs actual = computed(c, in, ctx);
      check_close(actual.dx, numerical_gradient(in.x, f, 3e-3f), {2e-3, 1e-2}, "dx");
      check_close(actual.d_residual, numerical_gradient(in.residual, f), kNumericalGradient, "d_residual");
    }
  });
}

TEST_CASE("fused_norm: a mean far from the deviation, and a channel of one value") {
  on_every_backend([](const Context& ctx) {
    const Case c{{1, 40, 50, 5}, 0.2f, 1};
    Inputs in(c);
    for (float& value : in.x.values) value += 1000;
    for (int h = 0; h < 40; ++h)
      for (int w = 0; w < 50; ++w) in.x.at(0, h, w, 2) = 1234.567f;
    const Outputs expected = reference(c, in), actual = computed(c, in, ctx);
    check_close(actual.y, expected.y, {1e-4, 0}, "y");
    check_close(actual.mean, expected.mean, {0, 1e-7}, "mean");
    check_close(actual.rstd, expected.rstd, {}, "rstd");
    for (int h = 0; h < 42; ++h) CHECK(actual.y.at(0, h, 7, 2) == 0);
  });
}

TEST_CASE("fused_norm: d_residual may be extra") {
  on_every_storage([](const Context& ctx, DType dtype) {
    for (const Shape& shape : {Shape{2, 5, 6, 16}, Shape{1, 61, 63, 3}})
      for (int border : {0, 2}) {
        const Case c{shape, 0.2f, border, -1, 0, true};
        Inputs in(c, dtype);
        const Outputs expected = computed(c, in, ctx);
        Array dx(shape, 7, dtype);
        ctx.backend().fused_norm_backward(dx.view(), in.extra.view(), in.dy.view(), in.extra.view(),
                                          in.x.view(), expected.mean.view(), expected.rstd.view(), c.slope,
                                          ctx);
        CHECK(same_bits(dx, expected.dx));
        CHECK(same_bits(in.extra, expected.d_residual));
      }
  });
}

TEST_CASE("fused_norm: wrong arguments are refused") {
  on_every_backend([](const Context& ctx) {
    const Shape shape{2, 3, 4, 5};
    const auto forward = [&](Shape y, Shape statistics, Shape residual, float eps, float slope,
                             DType residual_type = DType::Float32, DType mean_type = DType::Float32) {
      Array x(shape), out(y), mean(statistics, 0, mean_type), rstd(statistics),
          added(residual, 0, residual_type);
      ctx.backend().fused_norm_forward(out.view(), mean.view(), rstd.view(), x.view(), added.view(), eps,
                                       slope, ctx);
    };
    const Shape statistics{2, 1, 1, 5};
    CHECK_NOTHROW(forward(in_halo(shape, 2), statistics, in_halo(shape, 1), kEps, 0));
    CHECK_THROWS_AS(forward(in_halo(shape, 3), statistics, shape, kEps, 0), CheckError);
    CHECK_THROWS_AS(forward(shape, statistics, in_halo(shape, 3), kEps, 0), CheckError);
    CHECK_THROWS_AS(forward({2, 5, 4, 5}, statistics, shape, kEps, 0), CheckError);
    CHECK_THROWS_AS(forward({2, 4, 5, 5}, statistics, shape, kEps, 0), CheckError);
    CHECK_THROWS_AS(forward({2, 1, 2, 5}, statistics, shape, kEps, 0), CheckError);
    CHECK_THROWS_AS(forward(shape, {1, 1, 1, 5}, shape, kEps, 0), CheckError);
    CHECK_THROWS_AS(forward(shape, statistics, {1, 3, 4, 5}, kEps, 0), CheckError);
    CHECK_THROWS_AS(forward(shape, statistics, shape, -1, 0), CheckError);
    CHECK_THROWS_AS(forward(shape, statistics, shape, kEps, -1), CheckError);
    CHECK_THROWS_AS(forward(shape, statistics, shape, kEps, 0, DType::BFloat16), CheckError);
    CHECK_THROWS_AS(forward(shape, statistics, shape, kEps, 0, DType::Float32, DType::BFloat16), CheckError);

    const auto backward = [&](Shape dx, Shape d_residual, Shape dy, Shape extra, Shape stats, float slope) {
      Array x(shape), to(dx), out(d_residual), from(dy), added(extra), mean(stats), rstd(stats);
      ctx.backend().fused_norm_backward(to.view(), out.view(), from.view(), added.view(), x.view(),
                                        mean.view(), rstd.view(), slope, ctx);
    };
    CHECK_NOTHROW(backward(shape, in_halo(shape, 1), in_halo(shape, 2), shape, statistics, 0));
    CHECK_THROWS_AS(backward({2, 4, 3, 5}, shape, shape, shape, statistics, 0), CheckError);
    CHECK_THROWS_AS(backward(shape, in_halo(shape, 3), shape, shape, statistics, 0), CheckError);
    CHECK_THROWS_AS(backward(shape, shape, in_halo(shape, 3), shape, statistics, 0), CheckError);
    CHECK_THROWS_AS(backward(shape, shape, shape, in_halo(shape, 1), statistics, 0), CheckError);
    CHECK_THROWS_AS(backward(shape, shape, shape, shape, {2, 1, 1, 4}, 0), CheckError);
    CHECK_THROWS_AS(backward(shape, shape, shape, shape, statistics, -1), CheckError);

    Array nothing({1, 0, 4, 5}), mean({1, 1, 1, 5}), rstd({1, 1, 1, 5});
    CHECK_THROWS_AS(ctx.backend().fused_norm_forward(nothing.view(), mean.view(), rstd.view(), nothing.view(),
                                                     ConstView(), kEps, 0, ctx),
                    CheckError);
  });
}

TEST_CASE("fused_norm: the thread count does not matter") {
  for (const Case& c : {Case{{2, 33, 35, 64}, 0, 1, 1, 1, true}, Case{{1, 61, 63, 5}, 0, 3, -1, -1, false},
                        Case{{3, 5, 7, 257}, 0, 2, 0, -1, true}}) {
    const Inputs in(c);
    check_thread_count_does_not_matter([&](const Context& ctx) { return joined(computed(c, in, ctx)); });
  }
}
