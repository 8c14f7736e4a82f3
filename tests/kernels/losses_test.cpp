#include "kernels/losses.h"

#include <limits>

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

TEST_CASE("losses: values and gradients equal their formulas, at any address") {
  on_every_storage([](const Context& ctx, DType dtype) {
    const Backend& backend = ctx.backend();
    const Tolerance tolerance = tolerance_of(dtype, {0, 1e-6});
    std::uint64_t seed = 1;
    for (const Shape& shape : shapes_with_elements())
      for (int misaligned : {0, 1}) {
        Array a = random_array(shape, ++seed, -2, 2).as(dtype);
        Array b = random_array(shape, ++seed, -2, 2).as(dtype);
        a[0] = b[0];  // sign 0
        b.misaligned = misaligned;
        a.misaligned = 2 * misaligned;
        const double count = static_cast<double>(shape.count());
        double l1 = 0, lsgan = 0, log = 0, mean = 0;
        Array d_l1(shape), d_lsgan(shape), d_log(shape), d_mean(shape, static_cast<float>(-1 / count));
        for (std::size_t i = 0; i < a.values.size(); ++i) {
          const double p = static_cast<double>(a[i]), q = static_cast<double>(b[i]);
          l1 += std::abs(p - q) / count;
          lsgan += (p - 0.9) * (p - 0.9) / count;
          log += (softplus(p) - 0.3 * p) / count;
          mean += p / count;
          d_l1[i] = static_cast<float>((p > q ? 1 : p < q ? -1 : 0) / count);
          d_lsgan[i] = static_cast<float>(2 * (p - 0.9) / count);
          d_log[i] = static_cast<float>((1 / (1 + std::exp(-p)) - 0.3) / count);
        }
        Array loss(Shape{}), gradient(shape, 7, dtype);
        backend.l1_loss(loss.view(), gradient.view(), a.view(), b.view(), ctx);
        CHECK(static_cast<double>(loss[0]) == doctest::Approx(l1).epsilon(1e-5));
        check_close(gradient, d_l1, tolerance, "l1");
        backend.lsgan_loss(loss.view(), gradient.view(), a.view(), 0.9f, ctx);
        CHECK(static_cast<double>(loss[0]) == doctest::Approx(lsgan).epsilon(1e-5));
        check_close(gradient, d_lsgan, tolerance, "lsgan");
        backend.log_loss(loss.view(), gradient.view(), a.view(), 0.3f, ctx);
        CHECK(static_cast<double>(loss[0]) == doctest::Approx(log).epsilon(1e-5));
        check_close(gradient, d_log, tolerance, "log");
        backend.wasserstein_loss(loss.view(), gradient.view(), a.view(), -1, ctx);
        CHECK(static_cast<double>(loss[0]) == doctest::Approx(-mean).epsilon(1e-5));
        check_close(gradient, d_mean, tolerance, "wasserstein");
        backend.wasserstein_loss(loss.view(), gradient.view(), a.view(), 1, ctx);
        CHECK(static_cast<double>(loss[0]) == doctest::Approx(mean).epsilon(1e-5));
      }
  });
}

TEST_CASE("losses: each tensor by itself at any address") {
  on_every_storage([](const Context& ctx, DType dtype) {
    Array a = random_array({1, 3, 100, 8}, 1).as(dtype), b = random_array(a.shape, 2).as(dtype);
    Array loss(Shape{}), gradient(a.shape, 7, dtype), expected = gradient;
    ctx.backend().l1_loss(loss.view(), expected.view(), a.view(), b.view(), ctx);
    const float mean = loss[0];
    for (int which = 0; which < 4; ++which) {
      CAPTURE(which);
      a.misaligned = which == 0;
      b.misaligned = which == 1;
      gradient.misaligned = which == 2;
      loss.misaligned = which == 3;
      ctx.backend().l1_loss(loss.view(), gradient.view(), a.view(), b.view(), ctx);
      CHECK(loss[0] == doctest::Approx(mean));
      CHECK(same_bits(gradient, expected));
    }
  });
}

TEST_CASE("losses: the mean of many ones is one") {
  on_every_storage([](const Context& ctx, DType dtype) {
    Array a({1, 1, 1, 600001}, 1, dtype), loss(Shape{}), gradient(a.shape, 0, dtype);
    const Array b(a.shape, 2, dtype);
    for (int misaligned : {0, 1}) {
      a.misaligned = misaligned;
      ctx.backend().l1_loss(loss.view(), gradient.view(), a.view(), b.view(), ctx);
      CHECK(loss[0] == 1);
      ctx.backend().wasserstein_loss(loss.view(), gradient.view(), a.view(), 1, ctx);
      CHECK(loss[0] == 1);
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
    check([&] { backend.wasserstein_loss(loss.view(), gradient.view(), x.view(), -1, ctx); });
  });
}

TEST_CASE("losses: the log loss of huge logits is finite") {
  on_every_storage([](const Context& ctx, DType dtype) {
    Array x({1, 1, 1, 2}, 0, dtype), loss(Shape{}), gradient(x.shape, 0, dtype);
    x.values = {1024, -1024};
    ctx.backend().log_loss(loss.view(), gradient.view(), x.view(), 0, ctx);
    CHECK(loss[0] == 512);
    CHECK(gradient.values == std::vector<float>{0.5f, 0});
  });
}

TEST_CASE("losses: wrong arguments are refused, and the mean of nothing") {
  on_every_storage([](const Context& ctx, DType dtype) {
    const Backend& backend = ctx.backend();
    Array a({1, 2, 3, 4}, 0, dtype), b({1, 2, 4, 3}, 0, dtype), nothing({0, 2, 3, 4}, 0, dtype);
    Array loss(Shape{}), losses({1, 1, 1, 2});
    CHECK_THROWS_AS(backend.l1_loss(loss.view(), a.view(), a.view(), b.view(), ctx), CheckError);
    CHECK_THROWS_AS(backend.l1_loss(loss.view(), b.view(), a.view(), a.view(), ctx), CheckError);
    CHECK_THROWS_AS(backend.l1_loss(losses.view(), a.view(), a.view(), a.view(), ctx), CheckError);
    CHECK_THROWS_AS(backend.l1_loss(loss.view(), nothing.view(), nothing.view(), nothing.view(), ctx),
                    CheckError);
    for (auto adversarial : {backend.lsgan_loss, backend.log_loss, backend.wasserstein_loss}) {
      CHECK_NOTHROW(adversarial(loss.view(), a.view(), a.view(), 1, ctx));
      CHECK_THROWS_AS(adversarial(loss.view(), a.view(), b.view(), 1, ctx), CheckError);
      CHECK_THROWS_AS(adversarial(losses.view(), a.view(), a.view(), 1, ctx), CheckError);
      CHECK_THROWS_AS(adversarial(loss.view(), nothing.view(), nothing.view(), 1, ctx), CheckError);
    }
    for (float sign : {0.0f, 0.5f, -2.0f, std::numeric_limits<float>::quiet_NaN()})
      CHECK_THROWS_AS(backend.wasserstein_loss(loss.view(), a.view(), a.view(), sign, ctx), CheckError);
  });
}

TEST_CASE("losses: the thread count does not matter") {
  const Array a = random_array({2, 61, 63, 19}, 6), b = random_array(a.shape, 7);
  check_thread_count_does_not_matter([&](const Context& ctx) {
    Array losses({1, 1, 1, 4}), loss(Shape{}), gradient(a.shape);
    const auto keep = [&](std::size_t i) { losses[i] = loss[0]; };
    ctx.backend().l1_loss(loss.view(), gradient.view(), a.view(), b.view(), ctx);
    keep(0);
    ctx.backend().lsgan_loss(loss.view(), gradient.view(), a.view(), 1, ctx);
    keep(1);
    ctx.backend().log_loss(loss.view(), gradient.view(), a.view(), 1, ctx);
    keep(2);
    ctx.backend().wasserstein_loss(loss.view(), gradient.view(), a.view(), 1, ctx);
    keep(3);
    return losses;
  });
}

TEST_CASE("losses: views of two storage types are refused where there are two") {
  for (const BackendUnderTest& tested : backends_under_test()) {
    if (tested.dtypes.size() < 2) continue;
    const TestContext ctx(tested, 1);
    const Backend& backend = *tested.backend;
    Array a({1, 1, 1, 8}), rounded = a.as(DType::BFloat16), loss(Shape{}),
                           rounded_loss = loss.as(rounded.dtype);
    CHECK_THROWS_AS(backend.l1_loss(loss.view(), a.view(), a.view(), rounded.view(), *ctx), CheckError);
    CHECK_THROWS_AS(backend.lsgan_loss(loss.view(), rounded.view(), a.view(), 1, *ctx), CheckError);
    CHECK_THROWS_AS(backend.log_loss(rounded_loss.view(), a.view(), a.view(), 1, *ctx), CheckError);
  }
}
