#include "kernels/prelu.h"

#include "tests/kernels/kernel_helpers.h"

using namespace bauta;
using namespace bauta::test;

namespace {

Array gated(const Array& values, const Array& x, const Array& slope, float above) {
  Array y(x.shape);
  for (std::size_t i = 0; i < x.values.size(); ++i)
    y[i] = (x[i] > 0 ? above : slope[i % slope.values.size()]) * values[i];
  return y.as(x.dtype);
}

Array slope_gradient(const Array& dy, const Array& values, const Array& x) {
  std::vector<double> sums(static_cast<std::size_t>(x.shape.c));
  for (std::size_t i = 0; i < x.values.size(); ++i)
    if (!(x[i] > 0)) sums[i % sums.size()] += static_cast<double>(dy[i]) * static_cast<double>(values[i]);
  Array dslope({1, 1, 1, x.shape.c});
  for (std::size_t c = 0; c < sums.size(); ++c) dslope[c] = static_cast<float>(sums[c]);
  return dslope;
}

std::vector<Shape> shapes_with_channels() {
  std::vector<Shape> shapes = shapes_to_try();
  shapes.insert(shapes.end(),
                {{1, 40, 50, 1}, {1, 64, 64, 3}, {2, 31, 17, 24}, {7, 1, 1, 512}, {1, 33, 5, 31}});
  return shapes;
}

constexpr Tolerance kSums{1e-5, 1e-5};

}  // namespace

TEST_CASE("prelu: the gate and the slopes' gradient equal their formulas") {
  on_every_storage([](const Context& ctx, DType dtype) {
    const Backend& backend = ctx.backend();
    for (const Shape& shape : shapes_with_channels()) {
      CAPTURE(shape);
      Array x = random_array(shape, 1).as(dtype);
      for (std::size_t i = 0; i < x.values.size(); i += 5) x[i] = 0;  // the kink belongs to the slope
      const Array values = random_array(shape, 2).as(dtype), dy = random_array(shape, 3).as(dtype);
      // Slopes of both signs, as they are stored and as float32.
      for (const Array& slope :
           {random_array({1, 1, 1, shape.c}, 4), random_array({1, 1, 1, shape.c}, 4).as(dtype)}) {
        Array y(shape, 7, dtype);
        backend.prelu_gate(y.view(), x.view(), x.view(), slope.view(), 1, ctx);
        check_close(y, gated(x, x, slope, 1), {0, 0}, "PReLU");
        backend.prelu_gate(y.view(), values.view(), x.view(), slope.view(), 0, ctx);
        check_close(y, gated(values, x, slope, 0), {0, 0}, "gate");
        Array in_place = values;
        backend.prelu_gate(in_place.view(), in_place.view(), x.view(), slope.view(), 0, ctx);
        CHECK(same_bits(in_place, y));

        Array dslope(slope.shape, 7, slope.dtype), expected = slope_gradient(dy, values, x);
        backend.prelu_slope_grad(dslope.view(), dy.view(), values.view(), x.view(), GradMode::Overwrite, ctx);
        check_close(dslope, expected, tolerance_of(slope.dtype, kSums), "overwritten");
        backend.prelu_slope_grad(dslope.view(), dy.view(), values.view(), x.view(), GradMode::Accumulate,
                                 ctx);
        for (float& value : expected.values) value *= 2;
        check_close(dslope, expected, tolerance_of(slope.dtype, kSums), "accumulated");
      }
    }
  });
}

TEST_CASE("prelu: pictures that begin at any element") {
  on_every_storage([](const Context& ctx, DType dtype) {
    for (const Shape& shape : {Shape{1, 16, 17, 64}, Shape{2, 30, 31, 3}})
      for (int which = 0; which < 4; ++which) {
        CAPTURE(which);
        Array x = random_array(shape, 1).as(dtype), values = random_array(shape, 2).as(dtype);
        Array slope = random_array({1, 1, 1, shape.c}, 4), y(shape, 7, dtype), dslope(slope.shape, 7);
        x.misaligned = which == 0;
        y.misaligned = which == 1;
        slope.misaligned = dslope.misaligned = which == 2;
        values.misaligned = which == 3;
        ctx.backend().prelu_gate(y.view(), values.view(), x.view(), slope.view(), 1, ctx);
        check_close(y, gated(values, x, slope, 1), {0, 0});
        ctx.backend().prelu_slope_grad(dslope.view(), x.view(), values.view(), x.view(), GradMode::Overwrite,
                                       ctx);
        check_close(dslope, slope_gradient(x, values, x), kSums);
      }
  });
}

TEST_CASE("prelu: both gradients are the derivatives") {
  on_every_backend([](const Context& ctx) {
    const Shape shape{2, 3, 4, 3};
    Array x = random_array(shape, 1), slope = random_array({1, 1, 1, 3}, 2), y(shape), dx(shape),
          ds(slope.shape);
    for (float& value : x.values) value += value > 0 ? 0.1f : -0.1f;  // away from the kink
    const Array dy = random_array(shape, 3);
    const auto value = [&] {
      ctx.backend().prelu_gate(y.view(), x.view(), x.view(), slope.view(), 1, ctx);
      return dot(y, dy);
    };
    ctx.backend().prelu_gate(dx.view(), dy.view(), x.view(), slope.view(), 1, ctx);
    check_close(dx, numerical_gradient(x, value), kNumericalGradient);
    ctx.backend().prelu_slope_grad(ds.view(), dy.view(), x.view(), x.view(), GradMode::Overwrite, ctx);
    check_close(ds, numerical_gradient(slope, value), kNumericalGradient);
  });
}

TEST_CASE("prelu: wrong arguments are refused") {
  on_every_backend([](const Context& ctx) {
    const Backend& backend = ctx.backend();
    Array x({2, 3, 3, 5}), other({2, 3, 3, 4}), slope({1, 1, 1, 5}), one({1, 1, 1, 1});
    const auto overwrite = GradMode::Overwrite;
    CHECK_THROWS_AS(backend.prelu_gate(other.view(), x.view(), x.view(), slope.view(), 1, ctx), CheckError);
    CHECK_THROWS_AS(backend.prelu_gate(x.view(), other.view(), x.view(), slope.view(), 1, ctx), CheckError);
    CHECK_THROWS_AS(backend.prelu_gate(x.view(), x.view(), x.view(), one.view(), 1, ctx), CheckError);
    CHECK_THROWS_AS(backend.prelu_slope_grad(one.view(), x.view(), x.view(), x.view(), overwrite, ctx),
                    CheckError);
    CHECK_THROWS_AS(backend.prelu_slope_grad(slope.view(), other.view(), x.view(), x.view(), overwrite, ctx),
                    CheckError);
    CHECK_THROWS_AS(backend.prelu_slope_grad(slope.view(), x.view(), other.view(), x.view(), overwrite, ctx),
                    CheckError);
  });
}

TEST_CASE("prelu: pictures of different storage are refused") {
  on_every_storage([](const Context& ctx, DType dtype) {
    if (dtype == DType::Float32) return;
    Array x({2, 3, 3, 5}, 0, dtype), other(x.shape), slope({1, 1, 1, 5});
    CHECK_THROWS_AS(ctx.backend().prelu_gate(other.view(), x.view(), x.view(), slope.view(), 1, ctx),
                    CheckError);
    CHECK_THROWS_AS(ctx.backend().prelu_gate(x.view(), other.view(), x.view(), slope.view(), 1, ctx),
                    CheckError);
    CHECK_THROWS_AS(ctx.backend().prelu_slope_grad(slope.view(), other.view(), x.view(), x.view(),
                                                   GradMode::Overwrite, ctx),
                    CheckError);
  });
}

TEST_CASE("prelu: the thread count does not matter") {
  const Array x = random_array({2, 61, 63, 19}, 1), dy = random_array(x.shape, 2);
  check_thread_count_does_not_matter([&](const Context& ctx) {
    Array dslope({1, 1, 1, 19}), y(x.shape);
    ctx.backend().prelu_gate(y.view(), dy.view(), x.view(), random_array(dslope.shape, 3).view(), 1, ctx);
    ctx.backend().prelu_slope_grad(dslope.view(), y.view(), x.view(), x.view(), GradMode::Overwrite, ctx);
    return dslope;
  });
}
