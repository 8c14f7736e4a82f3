#include "kernels/instance_norm.h"

#include <algorithm>

#include "tests/kernels/kernel_helpers.h"

using namespace bauta;
using namespace bauta::test;

namespace {

constexpr float kEps = 1e-5f;

struct Reference {
  Array y, rstd, dx;
};

// The header's formulas, in double.
Reference reference(const Array& x, const Array& dy) {
  const Shape s = x.shape;
  Reference result{Array(s), Array({s.n, 1, 1, s.c}), Array(s)};
  const double pixels = static_cast<double>(s.h) * s.w;
  const auto sum = [&](auto term) {
    double total = 0;
    for (int h = 0; h < s.h; ++h)
      for (int w = 0; w < s.w; ++w) total += term(h, w);
    return total;
  };
  for (int n = 0; n < s.n; ++n)
    for (int c = 0; c < s.c; ++c) {
      const auto value = [&](int h, int w) { return static_cast<double>(x.at(n, h, w, c)); };
      const auto gradient = [&](int h, int w) { return static_cast<double>(dy.at(n, h, w, c)); };
      const double mean = sum(value) / pixels;
      const double variance =
          sum([&](int h, int w) { return (value(h, w) - mean) * (value(h, w) - mean); }) / pixels;
      const double rstd = 1 / std::sqrt(variance + static_cast<double>(kEps));
      const auto normal = [&](int h, int w) { return (value(h, w) - mean) * rstd; };
      const double mean_dy = sum(gradient) / pixels;
      const double mean_dy_y = sum([&](int h, int w) { return gradient(h, w) * normal(h, w); }) / pixels;
      result.rstd.at(n, 0, 0, c) = static_cast<float>(rstd);
      for (int h = 0; h < s.h; ++h)
        for (int w = 0; w < s.w; ++w) {
          result.y.at(n, h, w, c) = static_cast<float>(normal(h, w));
          result.dx.at(n, h, w, c) =
              static_cast<float>(rstd * (gradient(h, w) - mean_dy - normal(h, w) * mean_dy_y));
        }
    }
  return result;
}

Reference computed(const Array& x, const Array& dy, const Context& ctx) {
  Reference result{Array(x.shape, 7, x.dtype), Array({x.shape.n, 1, 1, x.shape.c}),
                   Array(x.shape, 7, x.dtype)};
  ctx.backend().instance_norm_forward(result.y.view(), result.rstd.view(), x.view(), kEps, ctx);
  ctx.backend().instance_norm_backward(result.dx.view(), dy.view(), result.y.view(), result.rstd.view(), ctx);
  return result;
}

void check_outputs(const Reference& actual, const Reference& expected, DType dtype) {
  const Tolerance tolerance = tolerance_of(dtype);
  check_close(actual.y, expected.y, tolerance, "y");
  check_close(actual.rstd, expected.rstd, {}, "rstd");
  // Of a few pixels, rstd may be huge and multiplies what cancels.
  const Shape& s = actual.y.shape;
  const float largest = *std::max_element(expected.rstd.values.begin(), expected.rstd.values.end());
  const double cancels = s.h * s.w > 4 ? 0 : static_cast<double>(largest);
  check_close(actual.dx, expected.dx, {tolerance.absolute + cancels * tolerance.relative, tolerance.relative},
              "dx");
}

}  // namespace

TEST_CASE("instance_norm: forward and backward equal their formulas") {
  std::vector<Shape> shapes = shapes_to_try();
  shapes.insert(shapes.end(),
                {{2, 33, 31, 64},
                 {1, 64, 64, 33},
                 {1, 300, 100, 1},
                 {1, 2, 2, 20000},
                 // Channels that are whole vectors: one group, several, unevenly, more pictures.
                 {1, 40, 30, 8},
                 {2, 9, 7, 40},
                 {5, 12, 11, 72},
                 {1, 32, 32, 256},
                 {1, 1, 1, 64},
                 {3, 2, 1, 16}});
  on_every_storage([&](const Context& ctx, DType dtype) {
    for (const Shape& shape : shapes) {
      if (shape.n == 0) continue;
      CAPTURE(shape);
      const Array x = random_array(shape, 1, -1, 3).as(dtype), dy = random_array(shape, 2).as(dtype);
      check_outputs(computed(x, dy, ctx), reference(x, dy), dtype);
    }
  });
}

TEST_CASE("instance_norm: no picture, no channel") {
  on_every_storage([](const Context& ctx, DType dtype) {
    for (const Shape& shape : {Shape{0, 3, 4, 5}, Shape{2, 3, 4, 0}})
      CHECK_NOTHROW(computed(Array(shape, 0, dtype), Array(shape, 0, dtype), ctx));
  });
}

TEST_CASE("instance_norm: pointers aligned to an element alone") {
  on_every_storage([](const Context& ctx, DType dtype) {
    const Shape shape{2, 9, 7, 16};
    const Array x = random_array(shape, 1, -1, 3).as(dtype), dy = random_array(shape, 2).as(dtype);
    const Reference expected = reference(x, dy);
    for (int which = 0; which < 4; ++which) {
      CAPTURE(which);
      Array from = x, gradient = dy;
      Reference actual{Array(shape, 7, dtype), Array({2, 1, 1, 16}), Array(shape, 7, dtype)};
      Array* const arrays[] = {&from, &actual.y, &actual.rstd, &actual.dx};
      arrays[which]->misaligned = 1;
      gradient.misaligned = which == 0 ? 1 : 0;
      const Backend& backend = ctx.backend();
      backend.instance_norm_forward(actual.y.view(), actual.rstd.view(), from.view(), kEps, ctx);
      backend.instance_norm_backward(actual.dx.view(), gradient.view(), actual.y.view(), actual.rstd.view(),
                                     ctx);
      check_outputs(actual, expected, dtype);
    }
  });
}

TEST_CASE("instance_norm: a huge mean leaves the small deviation alone") {
  on_every_backend([](const Context& ctx) {
    for (double mean : {1e4, -1e4, 1e6})
      for (int channels : {5, 16}) {
        CAPTURE(mean);
        const Array x = random_array({2, 40, 50, channels}, 3, mean - 1.7, mean + 1.7);
        const Array dy = random_array(x.shape, 4);
        const Reference expected = reference(x, dy), actual = computed(x, dy, ctx);
        check_close(actual.y, expected.y, {}, "y");
        check_close(actual.rstd, expected.rstd, {}, "rstd");
        check_close(actual.dx, expected.dx, {}, "dx");
      }
  });
}

TEST_CASE("instance_norm: a first pixel far from the others does no harm") {
  on_every_storage([](const Context& ctx, DType dtype) {
    for (int channels : {3, 16}) {
      Array x = random_array({1, 40, 50, channels}, 3);
      for (int c = 0; c < channels; ++c) x.at(0, 0, 0, c) = 1e4f;
      x = x.as(dtype);
      const Array dy = random_array(x.shape, 4).as(dtype);
      check_outputs(computed(x, dy, ctx), reference(x, dy), dtype);
    }
  });
}

TEST_CASE("instance_norm: a channel of one value becomes zero") {
  on_every_storage([](const Context& ctx, DType dtype) {
    for (int channels : {3, 16}) {
      const Array x = Array({1, 40, 50, channels}, 1234.567f).as(dtype);
      const Reference actual = computed(x, random_array(x.shape).as(dtype), ctx);
      check_close(actual.y, Array(x.shape), {0, 0}, "y");
      check_close(actual.rstd, Array({1, 1, 1, channels}, 1 / std::sqrt(kEps)), {}, "rstd");
    }
  });
}

TEST_CASE("instance_norm: backward is the derivative of forward") {
  on_every_backend([](const Context& ctx) {
    Array x = random_array({2, 4, 3, 3}, 5);
    const Array dy = random_array(x.shape, 6);
    const Array expected = numerical_gradient(x, [&] { return dot(computed(x, dy, ctx).y, dy); });
    check_close(computed(x, dy, ctx).dx, expected, kNumericalGradient);
  });
}

TEST_CASE("instance_norm: y may be x, dx may be dy") {
  on_every_storage([](const Context& ctx, DType dtype) {
    for (int channels : {5, 16}) {
      Array x = random_array({2, 61, 63, channels}, 7).as(dtype), dy = random_array(x.shape, 8).as(dtype);
      Array rstd({2, 1, 1, channels});
      const Reference expected = computed(x, dy, ctx);
      ctx.backend().instance_norm_forward(x.view(), rstd.view(), x.view(), kEps, ctx);
      CHECK(same_bits(x, expected.y));
      ctx.backend().instance_norm_backward(dy.view(), dy.view(), x.view(), rstd.view(), ctx);
      CHECK(same_bits(dy, expected.dx));
    }
  });
}

TEST_CASE("instance_norm: wrong arguments are refused") {
  on_every_backend([](const Context& ctx) {
    const Backend& backend = ctx.backend();
    Array x({2, 3, 4, 5}), other({2, 4, 3, 5}), rstd({2, 1, 1, 5}), short_rstd({1, 1, 1, 5});
    Array nothing({1, 0, 4, 5}), one_rstd({1, 1, 1, 5});
    CHECK_THROWS_AS(backend.instance_norm_forward(other.view(), rstd.view(), x.view(), kEps, ctx),
                    CheckError);
    CHECK_THROWS_AS(backend.instance_norm_forward(x.view(), short_rstd.view(), x.view(), kEps, ctx),
                    CheckError);
    CHECK_THROWS_AS(backend.instance_norm_forward(x.view(), rstd.view(), x.view(), -1, ctx), CheckError);
    CHECK_THROWS_AS(backend.instance_norm_forward(nothing.view(), one_rstd.view(), nothing.view(), kEps, ctx),
                    CheckError);
    CHECK_THROWS_AS(backend.instance_norm_backward(x.view(), other.view(), x.view(), rstd.view(), ctx),
                    CheckError);
    CHECK_THROWS_AS(backend.instance_norm_backward(x.view(), x.view(), x.view(), short_rstd.view(), ctx),
                    CheckError);
  });
}

TEST_CASE("instance_norm: mixed storage is refused, and a rounded rstd") {
  on_every_backend([](const Context& ctx) {
    const Shape shape{2, 3, 4, 5};
    Array x(shape), packed(shape, 0, DType::BFloat16), rstd({2, 1, 1, 5}),
        packed_rstd(rstd.shape, 0, DType::BFloat16);
    const Backend& backend = ctx.backend();
    CHECK_THROWS_AS(backend.instance_norm_forward(x.view(), rstd.view(), packed.view(), kEps, ctx),
                    CheckError);
    CHECK_THROWS_AS(backend.instance_norm_forward(x.view(), packed_rstd.view(), x.view(), kEps, ctx),
                    CheckError);
    CHECK_THROWS_AS(backend.instance_norm_backward(x.view(), x.view(), packed.view(), rstd.view(), ctx),
                    CheckError);
    CHECK_THROWS_AS(backend.instance_norm_backward(x.view(), x.view(), x.view(), packed_rstd.view(), ctx),
                    CheckError);
  });
}

TEST_CASE("instance_norm: the thread count does not matter") {
  for (const Shape& shape : {Shape{2, 33, 35, 64}, Shape{1, 61, 63, 5}, Shape{3, 5, 7, 257}}) {
    const Array x = random_array(shape, 9), dy = random_array(shape, 10);
    check_thread_count_does_not_matter([&](const Context& ctx) {
      const Reference actual = computed(x, dy, ctx);
      Array both({2 * shape.n, shape.h, shape.w, shape.c});
      std::copy(actual.dx.values.begin(), actual.dx.values.end(),
                std::copy(actual.y.values.begin(), actual.y.values.end(), both.values.begin()));
      return both;
    });
  }
}
