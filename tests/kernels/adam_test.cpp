#include "kernels/adam.h"

#include "tests/kernels/kernel_helpers.h"

using namespace bauta;
using namespace bauta::test;

namespace {

// A clock in the backend's memory.
LentSpan<AdamClock> lend_clock(const AdamClock& clock) { return lend(std::vector<AdamClock>{clock}); }

// Where the optimizer stands, and the same by algorithm 1 in double.
struct Optimizer {
  Array start, w, m, v;
  std::vector<double> w_expected, m_expected, v_expected;

  explicit Optimizer(Shape shape)
      : start(random_array(shape, 1)),
        w(start),
        m(shape),
        v(shape),
        w_expected(start.values.begin(), start.values.end()),
        m_expected(shape.count()),
        v_expected(shape.count()) {}

  void step_expected(const Array& g, const AdamOptions& options, double rate, int step) {
    const double beta1 = static_cast<double>(options.beta1), beta2 = static_cast<double>(options.beta2);
    for (std::size_t i = 0; i < g.values.size(); ++i) {
      const double gradient = static_cast<double>(g[i]);
      m_expected[i] = beta1 * m_expected[i] + (1 - beta1) * gradient;
      v_expected[i] = beta2 * v_expected[i] + (1 - beta2) * gradient * gradient;
      const double mean = m_expected[i] / (1 - std::pow(beta1, step));
      const double square = v_expected[i] / (1 - std::pow(beta2, step));
      w_expected[i] -= rate * mean / (std::sqrt(square) + static_cast<double>(options.eps));
    }
  }

  void check() const {
    // Of the weights, what the steps changed.
    std::vector<float> change(w.values.size()), change_expected(w.values.size());
    for (std::size_t i = 0; i < change.size(); ++i) {
      change[i] = w[i] - start[i];
      change_expected[i] = static_cast<float>(w_expected[i] - static_cast<double>(start[i]));
    }
    check_close(change, change_expected, {3e-7, 2e-5}, "w");
    check_close(m.values, {m_expected.begin(), m_expected.end()}, {}, "m");
    check_close(v.values, {v_expected.begin(), v_expected.end()}, {}, "v");
  }
};

}  // namespace

TEST_CASE("adam: several steps equal algorithm 1 in double") {
  on_every_storage([](const Context& ctx, DType dtype) {
    for (const Shape& shape : shapes_to_try())
      for (const AdamOptions& options : {AdamOptions{}, AdamOptions{0.9f, 0.99f, 1e-3f}}) {
        const float rate = options.beta1 == 0.5f ? 2e-4f : 0.01f;
        Optimizer optimizer(shape);
        const auto clock = lend_clock({.learning_rate = rate});
        for (int step = 1; step <= 5; ++step) {
          Array g = random_array(shape, static_cast<std::uint64_t>(step + 1)).as(dtype);
          if (shape.count() > 0) g[0] = 0;  // never a gradient: never a change
          ctx.backend().adam(optimizer.w.view(), nullptr, optimizer.m.view(), optimizer.v.view(), g.view(),
                             options, clock.data(), ctx);
          optimizer.step_expected(g, options, static_cast<double>(rate), step);
        }
        optimizer.check();
        CHECK(clock.values()[0].step == 5);
        if (shape.count() > 0) CHECK(optimizer.w[0] == optimizer.start[0]);
      }
  });
}

TEST_CASE("adam: at any address, beside a rounded copy") {
  on_every_storage([](const Context& ctx, DType dtype) {
    const Shape shape{1, 1, 1, 1027};
    for (int which = 0; which <= 5; ++which) {
      CAPTURE(which);
      Optimizer optimizer(shape);
      Array g = random_array(shape, 2).as(dtype);
      optimizer.w.misaligned = which == 1;
      optimizer.m.misaligned = which == 2;
      optimizer.v.misaligned = which == 3;
      g.misaligned = which == 4;
      const std::size_t skipped = which == 5;
      const std::vector<bfloat16> sentinels(shape.count() + skipped + 1, bfloat16{0x4040});
      const auto rounded = lend(sentinels);
      const auto clock = lend_clock({});
      ctx.backend().adam(optimizer.w.view(), rounded.data() + skipped, optimizer.m.view(), optimizer.v.view(),
                         g.view(), {}, clock.data(), ctx);
      optimizer.step_expected(g, {}, 2e-4, 1);
      optimizer.check();
      const std::vector<bfloat16> written = rounded.values();
      bool equal = true;
      for (std::size_t i = 0; i < shape.count(); ++i)
        equal = equal && written[i + skipped].bits == from_float<bfloat16>(optimizer.w[i]).bits;
      CHECK(equal);
      CHECK(written.front().bits == (skipped > 0 ? 0x4040 : written.front().bits));
      CHECK(written.back().bits == 0x4040);
    }
  });
}

TEST_CASE("adam: a late step hardly corrects, and the clock goes on from where it stood") {
  on_every_backend([](const Context& ctx) {
    Array w(Shape{}, 1), m(Shape{}, 0.5f), v(Shape{}, 0.25f);
    const Array g(Shape{}, 0.5f);
    const auto clock = lend_clock({.step = 999999, .learning_rate = 0.25f});
    ctx.backend().adam(w.view(), nullptr, m.view(), v.view(), g.view(), {}, clock.data(), ctx);
    CHECK(w[0] == doctest::Approx(0.75f));
    const AdamClock after = clock.values()[0];
    CHECK(after.step == 1000000);
    CHECK(after.learning_rate == 0.25f);
  });
}

// Of a constant gradient the corrected moments are 1: each step is the rate, in every block alike.
TEST_CASE("adam: the corrections of the first steps, the same in all blocks") {
  on_every_backend([](const Context& ctx) {
    const Shape shape{1, 1, 1, 5003};
    const AdamOptions options{.eps = 0};
    for (const std::int64_t done : {0, 11, 3000}) {
      CAPTURE(done);
      Array w(shape), m(shape), v(shape);
      const double left1 = 1 - std::pow(static_cast<double>(options.beta1), static_cast<double>(done));
      const double left2 = 1 - std::pow(static_cast<double>(options.beta2), static_cast<double>(done));
      for (float& value : m.values) value = static_cast<float>(left1);
      for (float& value : v.values) value = static_cast<float>(left2);
      const Array g(shape, 1);
      const auto clock = lend_clock({.step = done, .learning_rate = 0.125f});
      for (int step = 1; step <= 12; ++step) {
        ctx.backend().adam(w.view(), nullptr, m.view(), v.view(), g.view(), options, clock.data(), ctx);
        CHECK(static_cast<double>(w[0]) == doctest::Approx(-0.125 * step).epsilon(1e-6));
        CHECK(w.values == std::vector<float>(shape.count(), w[0]));
        CHECK(clock.values()[0].step == done + step);
      }
    }
  });
}

TEST_CASE("adam: wrong arguments are refused") {
  on_every_backend([](const Context& ctx) {
    Array a({1, 1, 1, 4}), b({1, 1, 1, 5});
    const auto clock = lend_clock({});
    const auto adam = [&](Array& w, Array& m, Array& v, const Array& g, AdamClock* at) {
      ctx.backend().adam(w.view(), nullptr, m.view(), v.view(), g.view(), {}, at, ctx);
    };
    Array m = a, v = a;
    CHECK_NOTHROW(adam(a, m, v, a, clock.data()));
    CHECK_THROWS_AS(adam(a, b, v, a, clock.data()), CheckError);
    CHECK_THROWS_AS(adam(a, m, b, a, clock.data()), CheckError);
    CHECK_THROWS_AS(adam(a, m, v, b, clock.data()), CheckError);
    CHECK_THROWS_AS(adam(a, m, v, a, nullptr), CheckError);
    Array rounded = a.as(DType::BFloat16);
    CHECK_THROWS_AS(adam(rounded, m, v, a, clock.data()), CheckError);
    CHECK_THROWS_AS(adam(a, rounded, v, a, clock.data()), CheckError);
    CHECK_THROWS_AS(adam(a, m, rounded, a, clock.data()), CheckError);
    const auto before_the_first = lend_clock({.step = -1});
    if (borrower()) {
      CHECK_NOTHROW(adam(a, m, v, a, before_the_first.data()));
      CHECK(before_the_first.values()[0].step == 1);
    } else {
      CHECK_THROWS_AS(adam(a, m, v, a, before_the_first.data()), CheckError);
      CHECK_THROWS_AS(adam(a, m, v, rounded, clock.data()), CheckError);
    }
  });
}

TEST_CASE("adam: the thread count does not matter") {
  const Array g = random_array({1, 1, 1, 100003}, 5);
  check_thread_count_does_not_matter([&](const Context& ctx) {
    Array w = random_array(g.shape, 6), m(g.shape), v(g.shape);
    const auto clock = lend_clock({});
    for (int step = 1; step < 4; ++step)
      ctx.backend().adam(w.view(), nullptr, m.view(), v.view(), g.view(), {}, clock.data(), ctx);
    return w;
  });
}
