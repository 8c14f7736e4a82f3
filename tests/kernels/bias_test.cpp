#include "kernels/bias.h"

#include "tests/kernels/kernel_helpers.h"

using namespace bauta;
using namespace bauta::test;

TEST_CASE("bias: add and its gradient equal their formulas") {
  on_every_backend([](const Context& ctx) {
    const Backend& backend = ctx.backend();
    for (const Shape& shape : shapes_to_try()) {
      CAPTURE(shape);
      const auto channels = static_cast<std::size_t>(shape.c);
      const Array x = random_array(shape, 1), b = random_array({1, 1, 1, shape.c}, 2);
      Array y(shape), y_expected(shape), db(b.shape, 7), db_expected(b.shape);
      std::vector<double> sums(channels);
      for (std::size_t i = 0; i < x.values.size(); ++i) {
        y_expected[i] = x[i] + b[i % channels];
        sums[i % channels] += static_cast<double>(x[i]);
      }
      for (std::size_t c = 0; c < channels; ++c) db_expected[c] = static_cast<float>(sums[c]);

      backend.bias_add(y.view(), x.view(), b.view(), ctx);
      check_close(y, y_expected, {0, 0}, "bias_add");
      y = x;
      backend.bias_add(y.view(), y.view(), b.view(), ctx);
      check_close(y, y_expected, {0, 0}, "bias_add in place");
      backend.bias_grad(db.view(), x.view(), GradMode::Overwrite, ctx);
      check_close(db, db_expected, {1e-6, 1e-6}, "overwritten");
      backend.bias_grad(db.view(), x.view(), GradMode::Accumulate, ctx);
      for (float& value : db_expected.values) value *= 2;
      check_close(db, db_expected, {1e-6, 1e-6}, "accumulated");
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

TEST_CASE("bias: the thread count does not matter") {
  const Array dy = random_array({2, 61, 63, 19}, 6);
  check_thread_count_does_not_matter([&](const Context& ctx) {
    Array db({1, 1, 1, 19});
    ctx.backend().bias_grad(db.view(), dy.view(), GradMode::Overwrite, ctx);
    return db;
  });
}
