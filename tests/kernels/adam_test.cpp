#include "kernels/adam.h"

#include "tests/kernels/kernel_helpers.h"

using namespace bauta;
using namespace bauta::test;

TEST_CASE("adam: several steps equal algorithm 1 in double") {
  on_every_backend([](const Context& ctx) {
    for (const Shape& shape : shapes_to_try())
      for (const AdamOptions& options : {AdamOptions{}, AdamOptions{0.01f, 0.9f, 0.99f, 1e-3f}}) {
        const std::size_t count = shape.count();
        const Array start = random_array(shape, 1);
        Array w = start, m(shape), v(shape);
        std::vector<double> w_expected(start.values.begin(), start.values.end()), m_expected(count),
            v_expected(count);
        const double rate = static_cast<double>(options.learning_rate),
                     eps = static_cast<double>(options.eps);
        const double beta1 = static_cast<double>(options.beta1), beta2 = static_cast<double>(options.beta2);
        for (int step = 1; step <= 5; ++step) {
          Array g = random_array(shape, static_cast<std::uint64_t>(step + 1));
          if (count > 0) g[0] = 0;  // never a gradient: never a change
          ctx.backend().adam(w.view(), m.view(), v.view(), g.view(), options, step, ctx);
          for (std::size_t i = 0; i < count; ++i) {
            const double gradient = static_cast<double>(g[i]);
            m_expected[i] = beta1 * m_expected[i] + (1 - beta1) * gradient;
            v_expected[i] = beta2 * v_expected[i] + (1 - beta2) * gradient * gradient;
            const double mean = m_expected[i] / (1 - std::pow(beta1, step));
            const double square = v_expected[i] / (1 - std::pow(beta2, step));
            w_expected[i] -= rate * mean / (std::sqrt(square) + eps);
          }
        }
        // Of the weights, what the steps changed.
        std::vector<float> change(count), change_expected(count);
        for (std::size_t i = 0; i < count; ++i) {
          change[i] = w[i] - start[i];
          change_expected[i] = static_cast<float>(w_expected[i] - static_cast<double>(start[i]));
        }
        check_close(change, change_expected, {3e-7, 2e-5}, "w");
        check_close(m.values, {m_expected.begin(), m_expected.end()}, {}, "m");
        check_close(v.values, {v_expected.begin(), v_expected.end()}, {}, "v");
        if (count > 0) CHECK(w[0] == start[0]);
      }
  });
}

TEST_CASE("adam: a late step hardly corrects") {
  on_every_backend([](const Context& ctx) {
    Array w(Shape{}, 1), m(Shape{}, 0.5f), v(Shape{}, 0.25f);
    const Array g(Shape{}, 0.5f);
    ctx.backend().adam(w.view(), m.view(), v.view(), g.view(), {.learning_rate = 0.25f}, 1000000, ctx);
    CHECK(w[0] == doctest::Approx(0.75f));
  });
}

TEST_CASE("adam: wrong arguments are refused") {
  on_every_backend([](const Context& ctx) {
    Array a({1, 1, 1, 4}), b({1, 1, 1, 5});
    CHECK_THROWS_AS(ctx.backend().adam(a.view(), b.view(), a.view(), a.view(), {}, 1, ctx), CheckError);
    CHECK_THROWS_AS(ctx.backend().adam(a.view(), a.view(), b.view(), a.view(), {}, 1, ctx), CheckError);
    CHECK_THROWS_AS(ctx.backend().adam(a.view(), a.view(), a.view(), b.view(), {}, 1, ctx), CheckError);
    CHECK_THROWS_AS(ctx.backend().adam(a.view(), a.view(), a.view(), a.view(), {}, 0, ctx), CheckError);
  });
}

TEST_CASE("adam: the thread count does not matter") {
  const Array g = random_array({1, 1, 1, 100003}, 5);
  check_thread_count_does_not_matter([&](const Context& ctx) {
    Array w = random_array(g.shape, 6), m(g.shape), v(g.shape);
    for (int step = 1; step < 4; ++step)
      ctx.backend().adam(w.view(), m.view(), v.view(), g.view(), {}, step, ctx);
    return w;
  });
}
