#include "kernels/bias.h"

#include "tests/kernels/kernel_helpers.h"

using namespace bauta;
using namespace bauta::test;

namespace {

// Channels that make whole vectors and that do not, few pixels and many, rows that end within vectors.
std::vector<Shape> shapes_with_channels() {
  std::vector<Shape> shapes = shapes_to_try();
  shapes.insert(shapes.end(), {{1, 40, 50, 1},
                               {1, 64, 64, 3},
                               {3, 5, 5, 4},
                               {1, 1, 1, 256},
                               {2, 31, 17, 24},
                               {7, 1, 1, 512},
                               {1, 9, 31, 96},
                               {1, 33, 5, 31}});
  return shapes;
}

Array plus_bias(const Array& x, const Array& b) {
  Array y(x.shape);
  for (std::size_t i = 0; i < x.values.size(); ++i) y[i] = x[i] + b[i % b.values.size()];
  return y.as(x.dtype);
}

Array sums_of_channels(const Array& x) {
  std::vector<double> sums(static_cast<std::size_t>(x.shape.c));
  for (std::size_t i = 0; i < x.values.size(); ++i) sums[i % sums.size()] += static_cast<double>(x[i]);
  Array db({1, 1, 1, x.shape.c});
  for (std::size_t c = 0; c < sums.size(); ++c) db[c] = static_cast<float>(sums[c]);
  return db;
}

constexpr Tolerance kSums{1e-5, 1e-6};

}  // namespace

TEST_CASE("bias: add and its gradient equal their formulas") {
  on_every_storage([](const Context& ctx, DType dtype) {
    const Backend& backend = ctx.backend();
    for (const Shape& shape : shapes_with_channels()) {
      CAPTURE(shape);
      const Array x = random_array(shape, 1).as(dtype), b = random_array({1, 1, 1, shape.c}, 2).as(dtype);
      const Array y_expected = plus_bias(x, b);
      Array db_expected = sums_of_channels(x);
      Array y(shape, 7, dtype), db(b.shape, 7, dtype);

      backend.bias_add(y.view(), x.view(), b.view(), ctx);
      check_close(y, y_expected, {0, 0}, "bias_add");
      y = x;
      backend.bias_add(y.view(), y.view(), b.view(), ctx);
      check_close(y, y_expected, {0, 0}, "bias_add in place");
      backend.bias_grad(db.view(), x.view(), GradMode::Overwrite, ctx);
      check_close(db, db_expected, tolerance_of(dtype, kSums), "overwritten");
      backend.bias_grad(db.view(), x.view(), GradMode::Accumulate, ctx);
      for (float& value : db_expected.values) value *= 2;
      check_close(db, db_expected, tolerance_of(dtype, kSums), "accumulated");
    }
  });
}

TEST_CASE("bias: float32 bias and gradient of bfloat16 pictures") {
  on_every_storage([](const Context& ctx, DType dtype) {
    if (dtype == DType::Float32) return;
    for (const Shape& shape : shapes_with_channels()) {
      CAPTURE(shape);
      const Array x = random_array(shape, 1).as(dtype), b = random_array({1, 1, 1, shape.c}, 2);
      Array y(shape, 7, dtype), db(b.shape, 7);
      ctx.backend().bias_add(y.view(), x.view(), b.view(), ctx);
      check_close(y, plus_bias(x, b), {0, 0});
      ctx.backend().bias_grad(db.view(), x.view(), GradMode::Overwrite, ctx);
      check_close(db, sums_of_channels(x), kSums);
    }
  });
}

TEST_CASE("bias: pictures that begin at any element") {
  on_every_storage([](const Context& ctx, DType dtype) {
    for (const Shape& shape : {Shape{1, 16, 17, 64}, Shape{2, 30, 31, 3}}) {
      CAPTURE(shape);
      Array x = random_array(shape, 1).as(dtype), b = random_array({1, 1, 1, shape.c}, 2).as(dtype);
      Array y(shape, 7, dtype), db(b.shape, 7, dtype);
      for (int which = 0; which < 4; ++which) {
        CAPTURE(which);
        x.misaligned = which == 0;
        y.misaligned = 3 * (which == 1);
        b.misaligned = db.misaligned = which == 2;
        if (which == 3) x.misaligned = y.misaligned = 1;
        ctx.backend().bias_add(y.view(), x.view(), b.view(), ctx);
        check_close(y, plus_bias(x, b), {0, 0});
        ctx.backend().bias_grad(db.view(), x.view(), GradMode::Overwrite, ctx);
        check_close(db, sums_of_channels(x), tolerance_of(dtype, kSums));
      }
    }
  });
}

TEST_CASE("bias: the gradient of a million ones is a million") {
  on_every_storage([](const Context& ctx, DType dtype) {
    for (int channels : {1, 3, 4}) {
      Array db({1, 1, 1, channels});
      ctx.backend().bias_grad(db.view(), Array({1, 1000, 1000, channels}, 1, dtype).view(),
                              GradMode::Overwrite, ctx);
      CHECK(db.values == std::vector<float>(static_cast<std::size_t>(channels), 1e6f));
    }
  });
}

TEST_CASE("bias: the gradient is the derivative") {
  on_every_backend([](const Context& ctx) {
    const Array x = random_array({2, 3, 3, 5}, 3), dy = random_array(x.shape, 4);
    Array b = random_array({1, 1, 1, 5}, 5), y(x.shape), db(b.shape);
    const Array expected = numerical_gradient(b, [&] {
      ctx.backend().bias_add(y.view(), x.view(), b.view(), ctx);
      return dot(y, dy);
    });
    ctx.backend().bias_grad(db.view(), dy.view(), GradMode::Overwrite, ctx);
    check_close(db, expected, kNumericalGradient);
  });
}

TEST_CASE("bias: wrong shapes are refused") {
  on_every_backend([](const Context& ctx) {
    Array x({2, 3, 3, 5}), y({2, 3, 3, 4}), b({1, 1, 1, 5}), column({5, 1, 1, 1});
    CHECK_THROWS_AS(ctx.backend().bias_add(y.view(), x.view(), b.view(), ctx), CheckError);
    CHECK_THROWS_AS(ctx.backend().bias_add(x.view(), x.view(), column.view(), ctx), CheckError);
    CHECK_THROWS_AS(ctx.backend().bias_grad(column.view(), x.view(), GradMode::Overwrite, ctx), CheckError);
    CHECK_THROWS_AS(ctx.backend().bias_grad(b.view(), y.view(), GradMode::Overwrite, ctx), CheckError);
  });
}

TEST_CASE("bias: pictures of different storage are refused") {
  on_every_storage([](const Context& ctx, DType dtype) {
    if (dtype == DType::Float32) return;
    Array x({2, 3, 3, 5}), y(x.shape, 0, dtype), b({1, 1, 1, 5});
    CHECK_THROWS_AS(ctx.backend().bias_add(y.view(), x.view(), b.view(), ctx), CheckError);
  });
}

TEST_CASE("bias: the thread count does not matter") {
  for (const Shape& shape : {Shape{2, 61, 63, 19}, Shape{2, 61, 64, 16}}) {
    const Array dy = random_array(shape, 6);
    check_thread_count_does_not_matter([&](const Context& ctx) {
      Array db({1, 1, 1, shape.c});
      ctx.backend().bias_grad(db.view(), dy.view(), GradMode::Overwrite, ctx);
      return db;
    });
  }
}
