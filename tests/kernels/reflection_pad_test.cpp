#include "kernels/reflection_pad.h"

#include "tests/kernels/kernel_helpers.h"

using namespace bauta;
using namespace bauta::test;

namespace {

struct Case {
  Shape shape;
  int padding;
};
// Down to pictures so small that a pixel is seen in both borders,
// and so wide that a row does not fit in shared memory.
const std::vector<Case> kCases = {
    {{0, 3, 4, 5}, 1},   {{2, 3, 4, 0}, 1},   {{1, 1, 1, 1}, 0},   {{2, 2, 2, 3}, 1},   {{1, 4, 5, 3}, 3},
    {{2, 7, 4, 257}, 2}, {{1, 5, 9, 1}, 3},   {{2, 61, 63, 5}, 3}, {{1, 1, 1, 64}, 0},  {{2, 2, 2, 8}, 1},
    {{2, 4, 5, 16}, 3},  {{1, 9, 8, 256}, 1}, {{1, 3, 70, 64}, 2}, {{1, 3, 4100, 3}, 2}};

Shape padded(const Case& c) {
  return {c.shape.n, c.shape.h + 2 * c.padding, c.shape.w + 2 * c.padding, c.shape.c};
}

int reflect(int i, int size) {
  if (i < 0) i = -i;
  return i < size ? i : 2 * (size - 1) - i;
}

}  // namespace

TEST_CASE("reflection_pad: a b c d becomes c b a b c d c b") {
  on_every_storage([](const Context& ctx, DType dtype) {
    Array x({1, 3, 4, 1}, 0, dtype), y({1, 7, 8, 1}, 0, dtype);
    for (std::size_t i = 0; i < 12; ++i) x[i] = static_cast<float>(i);
    ctx.backend().reflection_pad_forward(y.view(), x.view(), 2, ctx);
    const std::vector<float> third_row(y.values.begin() + 2 * 8, y.values.begin() + 3 * 8);
    CHECK(third_row == std::vector<float>{2, 1, 0, 1, 2, 3, 2, 1});
    const std::vector<float> first_row(y.values.begin(), y.values.begin() + 8);
    CHECK(first_row == std::vector<float>{10, 9, 8, 9, 10, 11, 10, 9});
  });
}

TEST_CASE("reflection_pad: forward copies, backward sums") {
  on_every_storage([](const Context& ctx, DType dtype) {
    for (const Case& c : kCases)
      for (int misaligned : {0, 1}) {
        CAPTURE(c.shape);
        CAPTURE(misaligned);
        const Shape s = c.shape, t = padded(c);
        Array x = random_array(s, 1).as(dtype), dy = random_array(t, 2).as(dtype);
        Array y(t, 7, dtype), dx(s, 7, dtype), y_expected(t), dx_expected(s);
        for (int n = 0; n < t.n; ++n)
          for (int h = 0; h < t.h; ++h)
            for (int w = 0; w < t.w; ++w)
              for (int k = 0; k < t.c; ++k) {
                const int from_h = reflect(h - c.padding, s.h), from_w = reflect(w - c.padding, s.w);
                y_expected.at(n, h, w, k) = x.at(n, from_h, from_w, k);
                dx_expected.at(n, from_h, from_w, k) += dy.at(n, h, w, k);
              }
        x.misaligned = dx.misaligned = misaligned;
        ctx.backend().reflection_pad_forward(y.view(), x.view(), c.padding, ctx);
        CHECK(same_bits(y, y_expected));
        ctx.backend().reflection_pad_backward(dx.view(), dy.view(), c.padding, ctx);
        check_close(dx, dx_expected, tolerance_of(dtype));
        if (dtype == DType::Float32) check_adjoint(y, dy, x, dx);
        dy.misaligned = y.misaligned = 3 * misaligned;
        ctx.backend().reflection_pad_forward(y.view(), x.view(), c.padding, ctx);
        CHECK(same_bits(y, y_expected));
        ctx.backend().reflection_pad_backward(dx.view(), dy.view(), c.padding, ctx);
        check_close(dx, dx_expected, tolerance_of(dtype));
      }
  });
}

TEST_CASE("reflection_pad: mixed storage is refused") {
  on_every_backend([](const Context& ctx) {
    Array x({1, 3, 5, 2}), y({1, 7, 9, 2}, 0, DType::BFloat16);
    CHECK_THROWS_AS(ctx.backend().reflection_pad_forward(y.view(), x.view(), 2, ctx), CheckError);
    CHECK_THROWS_AS(ctx.backend().reflection_pad_backward(x.view(), y.view(), 2, ctx), CheckError);
  });
}

TEST_CASE("reflection_pad: wrong arguments are refused") {
  on_every_backend([](const Context& ctx) {
    const Backend& backend = ctx.backend();
    Array x({1, 3, 5, 2}), y({1, 7, 9, 2}), large({1, 9, 11, 2}), wrong({1, 7, 8, 2});
    CHECK_NOTHROW(backend.reflection_pad_forward(y.view(), x.view(), 2, ctx));
    CHECK_THROWS_AS(backend.reflection_pad_forward(large.view(), x.view(), 3, ctx), CheckError);
    CHECK_THROWS_AS(backend.reflection_pad_forward(wrong.view(), x.view(), 2, ctx), CheckError);
    CHECK_THROWS_AS(backend.reflection_pad_forward(y.view(), x.view(), -1, ctx), CheckError);
    CHECK_THROWS_AS(backend.reflection_pad_backward(x.view(), large.view(), 3, ctx), CheckError);
    CHECK_THROWS_AS(backend.reflection_pad_backward(x.view(), wrong.view(), 2, ctx), CheckError);
  });
}

TEST_CASE("reflection_pad: the thread count does not matter") {
  for (int channels : {16, 17}) {
    const Array dy = random_array({1, 70, 66, channels}, 3);
    check_thread_count_does_not_matter([&](const Context& ctx) {
      Array dx({1, 64, 60, channels}), y(dy.shape);
      ctx.backend().reflection_pad_backward(dx.view(), dy.view(), 3, ctx);
      ctx.backend().reflection_pad_forward(y.view(), dx.view(), 3, ctx);
      return y;
    });
  }
}
