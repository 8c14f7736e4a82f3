#include "kernels/losses.h"

#include "tests/kernels/kernel_helpers.h"

using namespace bauta;
using namespace bauta::test;

namespace {

double softplus(double x) { return std::max(x, 0.0) + std::log1p(std::exp(-std::abs(x))); }

std::vector<Shape> shapes_with_elements() {
  std::vector<Shape> shapes = shapes_to_try();
  std::erase_if(shapes, [](const Shape& shape) { return shape.count() == 0; });
  return shapes;
}

}  // namespace

TEST_CASE("losses: values equal their formulas") {
  on_every_backend([](const Context& ctx) {
    const Backend& backend = ctx.backend();
    for (const Shape& shape : shapes_with_elements()) {
      const Array a = random_array(shape, 1, -2, 2), b = random_array(shape, 2, -2, 2);
      const double count = static_cast<double>(shape.count());
      double l1 = 0, lsgan = 0, log = 0;
      for (std::size_t i = 0; i < a.values.size(); ++i) {
        const double p = static_cast<double>(a[i]), q = static_cast<double>(b[i]);
        l1 += std::abs(p - q) / count;
        lsgan += (p - 0.9) * (p - 0.9) / count;
        log += (softplus(p) - 0.3 * p) / count;
      }
      Array loss(Shape{}), gradient(shape);
      backend.l1_loss(loss.view(), gradient.view(), a.view(), b.view(), ctx);
      CHECK(static_cast<double>(loss[0]) == doctest::Approx(l1).epsilon(1e-5));
      backend.lsgan_loss(loss.view(), gradient.view(), a.view(), 0.9f, ctx);
      CHECK(static_cast<double>(loss[0]) == doctest::Approx(lsgan).epsilon(1e-5));
      backend.log_loss(loss.view(), gradient.view(), a.view(), 0.3f, ctx);
      CHECK(static_cast<double>(loss[0]) == doctest::Approx(log).epsilon(1e-5));
    }
  });
}

TEST_CASE("losses: gradients equal their formulas") {
  on_every_backend([](const Context& ctx) {
    const Backend& backend = ctx.backend();
    for (const Shape& shape : shapes_with_elements()) {
      Array a = random_array(shape, 3, -2, 2);
      const Array b = random_array(shape, 4, -2, 2);
      a[0] = b[0];  // sign 0
      const double count = static_cast<double>(shape.count());
      Array l1(shape), lsgan(shape), log(shape);
      for (std::size_t i = 0; i < a.values.size(); ++i) {
        const double p = static_cast<double>(a[i]);
        l1[i] = static_cast<float>((a[i] > b[i] ? 1 : a[i] < b[i] ? -1 : 0) / count);
        lsgan[i] = static_cast<float>(2 * (p - 1) / count);
        log[i] = static_cast<float>(1 / (1 + std::exp(-p)) / count);
      }
      Array loss(Shape{}), gradient(shape);
      backend.l1_loss(loss.view(), gradient.view(), a.view(), b.view(), ctx);
      check_close(gradient, l1, {0, 1e-6}, "l1");
      backend.lsgan_loss(loss.view(), gradient.view(), a.view(), 1, ctx);
      check_close(gradient, lsgan, {0, 1e-6}, "lsgan");
      backend.log_loss(loss.view(), gradient.view(), a.view(), 0, ctx);
      check_close(gradient, log, {0, 1e-6}, "log");
    }
  });
}

TEST_CASE("losses: gradients are the derivatives") {
  on_every_backend([](const Context& ctx) {
    const Backend& backend = ctx.backend();
    const Shape shape{1, 2, 3, 2};
    Array x = random_array(shape, 5, -2, 2), loss(Shape{}), gradient(shape);
    const Array b(shape, 3);  // far from x: no kink between
    const auto check = [&](const auto& run) {
      const Array expected = numerical_gradient(x, [&] {
        run();
        return static_cast<double>(loss[0]);
      });
      run();
      check_close(gradient, expected, kNumericalGradient);
    };
    check([&] { backend.l1_loss(loss.view(), gradient.view(), x.view(), b.view(), ctx); });
    check([&] { backend.lsgan_loss(loss.view(), gradient.view(), x.view(), 1, ctx); });
    check([&] { backend.log_loss(loss.view(), gradient.view(), x.view(), 1, ctx); });
  });
}

TEST_CASE("losses: the log loss of huge logits is finite") {
  on_every_backend([](const Context& ctx) {
    Array x({1, 1, 1, 2}), loss(Shape{}), gradient(x.shape);
    x.values = {1000, -1000};
    ctx.backend().log_loss(loss.view(), gradient.view(), x.view(), 0, ctx);
    CHECK(loss[0] == 500);
    CHECK(gradient.values == std::vector<float>{0.5f, 0});
  });
}

TEST_CASE("losses: wrong shapes are refused, and the mean of nothing") {
  on_every_backend([](const Context& ctx) {
    const Backend& backend = ctx.backend();
    Array a({1, 2, 3, 4}), b({1, 2, 4, 3}), loss(Shape{}), losses({1, 1, 1, 2}), nothing({0, 2, 3, 4});
    CHECK_THROWS_AS(backend.l1_loss(loss.view(), a.view(), a.view(), b.view(), ctx), CheckError);
    CHECK_THROWS_AS(backend.l1_loss(loss.view(), b.view(), a.view(), a.view(), ctx), CheckError);
    CHECK_THROWS_AS(backend.l1_loss(losses.view(), a.view(), a.view(), a.view(), ctx), CheckError);
    CHECK_THROWS_AS(backend.lsgan_loss(loss.view(), a.view(), b.view(), 1, ctx), CheckError);
    CHECK_THROWS_AS(backend.lsgan_loss(loss.view(), nothing.view(), nothing.view(), 1, ctx), CheckError);
    CHECK_THROWS_AS(backend.log_loss(loss.view(), a.view(), b.view(), 1, ctx), CheckError);
  });
}

TEST_CASE("losses: the thread count does not matter") {
  const Array a = random_array({2, 61, 63, 19}, 6), b = random_array(a.shape, 7);
  check_thread_count_does_not_matter([&](const Context& ctx) {
    Array losses({1, 1, 1, 3}), gradient(a.shape);
    float* loss = losses.values.data();
    ctx.backend().l1_loss({loss, {}}, gradient.view(), a.view(), b.view(), ctx);
    ctx.backend().lsgan_loss({loss + 1, {}}, gradient.view(), a.view(), 1, ctx);
    ctx.backend().log_loss({loss + 2, {}}, gradient.view(), a.view(), 1, ctx);
    return losses;
  });
}
