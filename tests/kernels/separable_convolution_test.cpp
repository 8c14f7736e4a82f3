#include "kernels/separable_convolution.h"

#include "tests/kernels/kernel_helpers.h"

using namespace bauta;
using namespace bauta::test;

namespace {

struct Case {
  Shape x;
  int outputs;
  Shape y() const { return {x.n, x.h, x.w, outputs}; }
};
// No picture; one pixel, one row, one column; YuNet's channels and others, that make whole vectors, panels
// and groups and that do not; rows that end within a tile; several strips.
const std::vector<Case> kCases = {{{0, 5, 4, 3}, 7},    {{1, 1, 1, 1}, 1},    {{1, 1, 9, 5}, 16},
                                  {{2, 9, 1, 64}, 64},  {{2, 5, 6, 16}, 32},  {{1, 7, 11, 64}, 1},
                                  {{1, 6, 7, 64}, 4},   {{1, 6, 7, 64}, 10},  {{1, 6, 5, 64}, 130},
                                  {{1, 6, 5, 33}, 257}, {{1, 70, 13, 16}, 48}};

struct Operands {
  Array x, across, across_bias, each, each_bias;
  explicit Operands(const Case& k)
      : x(random_array(k.x, 1)),
        across(random_array({k.outputs, 1, 1, k.x.c}, 2)),
        across_bias(random_array({1, 1, 1, k.outputs}, 3)),
        each(random_array({1, 3, 3, k.outputs}, 4)),
        each_bias(random_array({1, 1, 1, k.outputs}, 5)) {}
  SeparableWeights weights() { return {across.view(), across_bias.view(), each.view(), each_bias.view()}; }
};

Array step_by_step(const Case& k, Operands& in, bool rectified, const Context& ctx) {
  const Backend& kernels = ctx.backend();
  Array t(k.y(), 7), y(k.y(), 7);
  kernels.conv_fprop(t.view(), in.x.view(), in.across.view(), {1, 0}, ctx);
  kernels.bias_add(t.view(), t.view(), in.across_bias.view(), ctx);
  kernels.depthwise_fprop(y.view(), t.view(), in.each.view(), {1, 1}, ctx);
  kernels.bias_add(y.view(), y.view(), in.each_bias.view(), ctx);
  if (rectified) kernels.leaky_relu_forward(y.view(), y.view(), 0, ctx);
  return y;
}

}  // namespace

TEST_CASE("separable convolution: the bits that its parts make one after another") {
  int backends = 0;
  on_every_backend([&](const Context& ctx) {
    if (!ctx.backend().separable_fprop) return;
    ++backends;
    for (const Case& k : kCases)
      for (bool rectified : {false, true}) {
        CAPTURE(k.x);
        CAPTURE(k.outputs);
        CAPTURE(rectified);
        Operands in(k);
        for (bool misaligned : {false, true}) {
          in.x.misaligned = misaligned;
          Array y(k.y(), 7);
          y.misaligned = misaligned;
          ctx.backend().separable_fprop(y.view(), in.x.view(), in.weights(), rectified, ctx);
          CHECK(same_bits(y, step_by_step(k, in, rectified, ctx)));
        }
      }
  });
  bool is_cpu = true;
  for (const BackendUnderTest& tested : backends_under_test()) is_cpu = is_cpu && !tested.own_memory;
  if (is_cpu) CHECK(backends > 0);
}

TEST_CASE("separable convolution: what is no number stays where a filter sees it") {
  on_every_backend([](const Context& ctx) {
    if (!ctx.backend().separable_fprop) return;
    const Case k{{1, 40, 9, 16}, 16};
    Operands in(k);
    in.x.at(0, 20, 4, 3) = NAN;
    Array y(k.y(), 7);
    ctx.backend().separable_fprop(y.view(), in.x.view(), in.weights(), true, ctx);
    for (int h = 0; h < k.x.h; ++h)
      for (int w = 0; w < k.x.w; ++w)
        CHECK(std::isnan(y.at(0, h, w, 5)) == (std::abs(h - 20) <= 1 && std::abs(w - 4) <= 1));
  });
}

TEST_CASE("separable convolution: wrong arguments are refused") {
  on_every_backend([](const Context& ctx) {
    const auto run = ctx.backend().separable_fprop;
    if (!run) return;
    const Case k{{1, 4, 5, 3}, 6};
    Operands in(k);
    Array y(k.y(), 0), narrow({1, 4, 4, 6}, 0), other({1, 4, 5, 7}, 0);
    CHECK_NOTHROW(run(y.view(), in.x.view(), in.weights(), true, ctx));
    CHECK_THROWS_AS(run(narrow.view(), in.x.view(), in.weights(), true, ctx), CheckError);
    CHECK_THROWS_AS(run(other.view(), in.x.view(), in.weights(), true, ctx), CheckError);
    SeparableWeights weights = in.weights();
    std::swap(weights.across_bias, weights.each);
    CHECK_THROWS_AS(run(y.view(), in.x.view(), weights, true, ctx), CheckError);
    weights = in.weights();
    weights.each_bias.dtype = DType::BFloat16;
    CHECK_THROWS_WITH(run(y.view(), in.x.view(), weights, true, ctx),
                      doctest::Contains("the CPU's kernels take float32"));
  });
}
