#include "kernels/check.h"
#include "tests/nn/gradient_check.h"

namespace bauta::test {

namespace {

using Inputs = std::vector<Tensor>;

// Away from the kinks of |x|, ReLU and clamp, where central differences mean nothing.
Array away_from_zero(Shape shape, std::uint64_t seed) {
  Array array = random_array(shape, seed);
  for (float& value : array.values) value += value > 0 ? 0.2f : -0.2f;
  return array;
}

}  // namespace

TEST_CASE("derivatives of arithmetic") {
  const Shape shape{2, 3, 1, 5};
  const std::vector<Array> two{random_array(shape, 1), random_array(shape, 2)};
  check_derivatives([](const Inputs& in) { return axpby(2, in[0], -3, in[1]); }, two);
  check_derivatives([](const Inputs& in) { return in[0] * in[1] + in[0] - in[1]; }, two);
  check_derivatives([](const Inputs& in) { return in[0] * in[0]; }, {two[0]});
  check_derivatives([](const Inputs& in) { return affine(in[0] * in[1], 3, 1); }, two);
  check_derivatives([](const Inputs& in) { return reshape(in[0] * in[0], {1, 5, 2, 3}); }, {two[0]});
}

TEST_CASE("derivatives of reductions and broadcasts") {
  const Shape shape{2, 3, 4, 5};
  for (const Shape to : {Shape{1, 1, 1, 1}, Shape{2, 1, 1, 5}, Shape{1, 1, 1, 5}, Shape{2, 3, 4, 1}}) {
    const Array big = random_array(shape, 1), small = random_array(to, 2);
    check_derivatives([to](const Inputs& in) { return reduce_sum(in[0] * in[0], to); }, {big});
    check_derivatives([shape](const Inputs& in) { return broadcast(in[0] * in[0], shape); }, {small});
  }
  check_derivatives([](const Inputs& in) { return mean(in[0] * in[0]); }, {random_array(shape, 3)});
}

TEST_CASE("derivatives of functions of one variable") {
  const Array x = away_from_zero({1, 2, 3, 4}, 3);
  const Array positive = random_array({1, 2, 3, 4}, 4, 0.5, 2);
  check_derivatives([](const Inputs& in) { return abs(in[0]); }, {x});
  check_derivatives([](const Inputs& in) { return rsqrt(in[0]); }, {positive});
  check_derivatives([](const Inputs& in) { return sigmoid(in[0]); }, {x});
  check_derivatives([](const Inputs& in) { return softplus(in[0]); }, {x});
  check_derivatives([](const Inputs& in) { return sinh(in[0]); }, {x});
  check_derivatives([](const Inputs& in) { return cosh(in[0]); }, {x});
  check_derivatives([](const Inputs& in) { return asinh(in[0]); }, {x});
  check_derivatives([](const Inputs& in) { return tanh(in[0]); }, {x});
  check_derivatives([](const Inputs& in) { return clamp(in[0] * in[0], 0.3f, 0.8f); }, {positive}, 1e-3f,
                    {2e-3, 2e-2});
  check_derivatives([](const Inputs& in) { return leaky_relu(in[0], 0.2f) * in[0]; }, {x});
  check_derivatives([](const Inputs& in) { return relu(in[0]) * in[0]; }, {x});
}

TEST_CASE("rounding to 8 bits passes gradients straight through") {
  Engine engine;
  const Inputs x = leaves(engine, {random_array({1, 2, 2, 3}, 5)});
  const Tensor rounded = round_to_8_bits(x[0]);
  for (float value : rounded.values()) {
    const float level = (value + 1) * 127.5f;
    CHECK(std::abs(level - std::round(level)) < 1e-3f);
  }
  const Tensor dy = random_tensor(engine, rounded.shape(), 6);
  CHECK(grad({rounded}, x, {dy})[0].values() == dy.values());
}

TEST_CASE("derivatives of matrix products") {
  for (const auto op_a : {Transpose::No, Transpose::Yes})
    for (const auto op_b : {Transpose::No, Transpose::Yes}) {
      const Shape a = op_a == Transpose::No ? Shape{3, 1, 1, 4} : Shape{4, 1, 1, 3};
      const Shape b = op_b == Transpose::No ? Shape{4, 1, 1, 2} : Shape{2, 1, 1, 4};
      check_derivatives([=](const Inputs& in) { return matmul(in[0], op_a, in[1], op_b); },
                        {random_array(a, 7), random_array(b, 8)});
    }
}

TEST_CASE("derivatives of convolution, as often as one likes") {
  const ConvGeometry geometry{2, 1};
  const Array x = random_array({2, 5, 6, 3}, 9), w = random_array({4, 3, 3, 3}, 10);
  check_derivatives([=](const Inputs& in) { return conv2d(in[0], in[1], geometry); }, {x, w});
  const Shape up{2, 10, 11, 3};
  const Array small = random_array({2, 5, 6, 4}, 11);
  check_derivatives([=](const Inputs& in) { return conv2d_input_grad(in[0], in[1], geometry, up); },
                    {small, w});
  const Array dy = random_array({2, 3, 3, 4}, 12);
  check_derivatives(
      [=](const Inputs& in) {
        return conv2d_weight_grad(in[0], in[1], geometry, {4, 3, 3, 3});
      },
      {x, dy});
  check_derivatives([](const Inputs& in) { return bias_add(in[0] * in[0], in[1]); },
                    {random_array({2, 3, 2, 5}, 13), random_array({1, 1, 1, 5}, 14)});
}

TEST_CASE("derivatives of depthwise convolution, as often as one likes") {
  for (const ConvGeometry geometry : {ConvGeometry{1, 1}, ConvGeometry{2, 1}})
    check_derivatives([=](const Inputs& in) { return depthwise_conv2d(in[0], in[1], geometry); },
                      {random_array({2, 5, 6, 3}, 41), random_array({1, 3, 3, 3}, 42)});
  // Squared, so that second derivatives pass through every rule of a rule.
  check_derivatives(
      [](const Inputs& in) {
        const Tensor y = depthwise_conv2d(in[0] * in[0], in[1], {2, 1});
        return y * y;
      },
      {random_array({1, 4, 5, 2}, 43), random_array({1, 3, 2, 2}, 44)}, 1e-2f, {2e-3, 2e-2});
}

TEST_CASE("derivatives of PReLU, at slopes of both signs") {
  Array slope({1, 1, 1, 3});
  slope.values = {0.25f, -0.5f, 1.5f};
  const Array x = away_from_zero({2, 3, 2, 3}, 45);
  check_derivatives([](const Inputs& in) { return prelu(in[0], in[1]); }, {x, slope});
  check_derivatives(
      [](const Inputs& in) {
        const Tensor y = prelu(in[0], in[1]);
        return y * y;
      },
      {x, slope});
}

TEST_CASE("derivatives of parts of pictures") {
  const Array x = random_array({2, 4, 5, 4}, 46), other = random_array({2, 4, 5, 3}, 47);
  constexpr Margins kMargins{1, 0, 2, 1};
  check_derivatives([=](const Inputs& in) { return zero_pad(in[0] * in[0], kMargins); }, {x});
  check_derivatives([=](const Inputs& in) { return crop(in[0] * in[0], kMargins); }, {x});
  check_derivatives([](const Inputs& in) { return channels(in[0] * in[0], 1, 2); }, {x});
  check_derivatives(
      [](const Inputs& in) {
        return concat_channels({in[0] * in[0], in[1], in[0], in[1] * in[1]});
      },
      {x, other});
  check_derivatives([](const Inputs& in) { return upsample_nearest(in[0] * in[0], 3); }, {other});
}

TEST_CASE("parts of pictures are where they should be") {
  Engine engine;
  const Tensor x = Tensor::from(engine, {1, 2, 2, 2}, std::vector<float>{1, 2, 3, 4, 5, 6, 7, 8});
  CHECK(zero_pad(x, {1, 0, 0, 1}).values() ==
        std::vector<float>{0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 0, 0, 5, 6, 7, 8, 0, 0});
  CHECK(crop(x, {0, 1, 1, 0}).values() == std::vector<float>{3, 4});
  CHECK(crop(zero_pad(x, {1, 2, 3, 4}), {1, 2, 3, 4}).values() == x.values());
  const Tensor second = channels(x, 1, 1);
  CHECK(second.values() == std::vector<float>{2, 4, 6, 8});
  const Tensor both = concat_channels({second, x});
  CHECK(both.shape() == Shape{1, 2, 2, 3});
  CHECK(both.values() == std::vector<float>{2, 1, 2, 4, 3, 4, 6, 5, 6, 8, 7, 8});
  CHECK(upsample_nearest(second, 2).shape() == Shape{1, 4, 4, 1});
  CHECK(upsample_nearest(second, 2).values() ==
        std::vector<float>{2, 2, 4, 4, 2, 2, 4, 4, 6, 6, 8, 8, 6, 6, 8, 8});
}

TEST_CASE("derivatives of instance norm") {
  for (const Shape shape : {Shape{2, 4, 3, 3}, Shape{1, 2, 2, 1}, Shape{1, 1, 5, 7}})
    check_derivatives([](const Inputs& in) { return instance_norm(in[0], 1e-5f); }, {random_array(shape, 15)},
                      3e-3f, {2e-2, 2e-2});
}

TEST_CASE("derivatives of a norm fused with what follows it") {
  const Shape shape{2, 4, 3, 3}, framed{2, 6, 5, 3};
  const Array x = random_array(shape, 33), residual = random_array(shape, 34),
              in_border = random_array(framed, 35);
  for (float slope : {1.0f, 0.3f}) {
    const auto check = [&](int padding, const std::vector<Array>& inputs) {
      check_derivatives(
          [=](const Inputs& in) {
            return fused_norm(in[0], 1e-5f, slope, padding, in.size() > 1 ? in[1] * in[1] : Tensor());
          },
          inputs, 1e-3f, {2e-2, 2e-2});
    };
    check(0, {x});
    check(2, {x});
    check(1, {x, residual});
    check(1, {x, in_border});
  }
}

TEST_CASE("a fused norm equals the ops that it is made of") {
  Engine engine;
  const Inputs in = leaves(engine, {random_array({1, 5, 4, 8}, 36)});
  const Tensor residual = random_tensor(engine, {1, 5, 4, 8}, 38);
  const Tensor y = fused_norm(in[0], 1e-5f, 0, 2, residual);
  const Tensor composed = reflection_pad(relu(instance_norm(in[0], 1e-5f)) + residual, 2);
  check_close(y.values(), composed.values());
  const Tensor dy = random_tensor(engine, y.shape(), 39);
  check_close(grad({y}, in, {dy})[0].values(), grad({composed}, in, {dy})[0].values());
  CHECK_THROWS_AS(fused_norm(in[0], 1e-5f, 0, 4), CheckError);
  CHECK_THROWS_AS(fused_norm(in[0], 1e-5f, 0, 0, random_tensor(engine, {1, 5, 4, 7}, 40)), CheckError);
}

TEST_CASE("derivatives of padding and pooling") {
  const Array x = random_array({2, 5, 4, 3}, 16);
  check_derivatives([](const Inputs& in) { return reflection_pad(in[0] * in[0], 3); }, {x});
  check_derivatives([](const Inputs& in) { return reflection_pad_adjoint(in[0] * in[0], 1); }, {x});
  check_derivatives([](const Inputs& in) { return avg_pool(in[0] * in[0], {3, 2, 1}); }, {x});
  // Distinct values, well apart, so that the step does not change which is the largest.
  Array apart({1, 4, 4, 1});
  for (std::size_t i = 0; i < apart.values.size(); ++i) apart[i] = static_cast<float>((i * 7) % 16) * 0.1f;
  check_derivatives([](const Inputs& in) { return max_pool(in[0] * in[0], {2, 2, 0}); }, {apart});
  check_derivatives([](const Inputs& in) { return max_pool(in[0] * in[0], {3, 1, 1}); }, {apart});
}

TEST_CASE("derivatives of mosaic and box selection") {
  constexpr std::array kBoxes{MosaicBox{1, 1, 4, 3, 2}, MosaicBox{0, 2, 9, 9, 3}};
  const auto boxes = [&](const Tensor& x) { return Boxes(x.engine(), kBoxes); };
  const Array x = random_array({2, 6, 5, 3}, 17), other = random_array({2, 6, 5, 3}, 18);
  check_derivatives([&](const Inputs& in) { return mosaic(in[0] * in[0], boxes(in[0])); }, {x});
  check_derivatives([&](const Inputs& in) { return box_select(in[0] * in[1], in[1], boxes(in[0])); },
                    {x, other});
}

TEST_CASE("derivatives of losses") {
  const Array a = random_array({2, 3, 3, 1}, 19, 1, 2), b = random_array({2, 3, 3, 1}, 20);
  check_derivatives([](const Inputs& in) { return l1_loss(in[0], in[1]); }, {a, b});
  check_derivatives([](const Inputs& in) { return lsgan_loss(in[0], 1); }, {a});
  check_derivatives([](const Inputs& in) { return log_loss(in[0], 1); }, {b});
  check_derivatives([](const Inputs& in) { return log_loss(in[0], 0); }, {b});
  check_derivatives([](const Inputs& in) { return wasserstein_loss(in[0] * in[0], 1); }, {a});
  check_derivatives([](const Inputs& in) { return wasserstein_loss(in[0], -1); }, {b});
}

TEST_CASE("a third derivative") {
  Engine engine;
  const Inputs x = leaves(engine, {random_array({1, 1, 1, 4}, 21)});
  const Tensor y = x[0] * x[0] * x[0] * x[0];
  const Tensor first = grad({y}, x, {}, true)[0];
  const Tensor second = grad({first}, x, {}, true)[0];
  const Tensor third = grad({second}, x)[0];
  for (std::size_t i = 0; i < 4; ++i)
    CHECK(third.values()[i] == doctest::Approx(24 * static_cast<double>(x[0].values()[i])));
}

TEST_CASE("ops refuse shapes that do not fit") {
  Engine engine;
  const Tensor a = Tensor::zeros(engine, {1, 2, 2, 3}), b = Tensor::zeros(engine, {1, 2, 3, 3});
  CHECK_THROWS_AS(a + b, CheckError);
  CHECK_THROWS_AS(conv2d(a, Tensor::zeros(engine, {4, 3, 3, 3}), {}), CheckError);
  CHECK_THROWS_AS(conv2d(a, Tensor::zeros(engine, {4, 1, 1, 5}), {}), CheckError);
  CHECK_THROWS_AS(reflection_pad(a, 2), CheckError);
  CHECK_THROWS_AS(reshape(a, {1, 1, 1, 5}), CheckError);
  CHECK_THROWS_AS(depthwise_conv2d(a, Tensor::zeros(engine, {3, 1, 1, 3}), {}), CheckError);
  CHECK_THROWS_AS(depthwise_conv2d(a, Tensor::zeros(engine, {1, 3, 3, 3}), {}), CheckError);
  CHECK_THROWS_AS(prelu(a, Tensor::zeros(engine, {1, 1, 1, 1})), CheckError);
  CHECK_THROWS_AS(zero_pad(a, {0, 0, -1, 0}), CheckError);
  CHECK_THROWS_AS(crop(a, {1, 1, 0, 0}), CheckError);
  CHECK_THROWS_AS(channels(a, 2, 2), CheckError);
  CHECK_THROWS_AS(concat_channels({a, b}), CheckError);
  CHECK_THROWS_AS(concat_channels({}), CheckError);
  CHECK_THROWS_AS(upsample_nearest(a, 0), CheckError);
  CHECK_THROWS_AS(Tensor::from(engine, {1, 1, 1, 2}, std::vector<float>{1}), CheckError);
}

TEST_CASE("derivatives of cutting boxes out") {
  const Shape shape{2, 6, 7, 3};
  for (const int pictures : {1, 2}) {
    const Array x = random_array({pictures, shape.h, shape.w, shape.c}, 1);
    check_derivatives(
        [pictures](const Inputs& in) {
          const std::array boxes{MosaicBox{1, 2, 3, 4, 1}, MosaicBox{-2, 3, 9, 6, 1}};
          const Boxes of(in[0].engine(), std::span(boxes).first(static_cast<std::size_t>(pictures)));
          return box_cut(in[0] * in[0], of, 1.2f, 5);
        },
        {x});
  }
}

TEST_CASE("a box that is the picture is cut out as it is, and each picture has its own") {
  Engine engine;
  const Array pictures = random_array({3, 8, 8, 3}, 1);
  const Tensor x = Tensor::from(engine, pictures.shape, pictures.values);
  const Boxes boxes(engine, {{0, 0, 8, 8, 1}, {2, 3, 4, 4, 1}, {0, 0, 8, 8, 1}});
  const std::vector<float> whole = box_cut(x, boxes, 1, 8).values(), half = box_cut(x, boxes, 1, 4).values();
  const std::size_t count = Shape{1, 8, 8, 3}.count();
  for (const std::size_t n : {std::size_t{0}, std::size_t{2}})
    for (std::size_t i = 0; i < count; ++i)
      CHECK(whole[n * count + i] == doctest::Approx(pictures.values[n * count + i]));
  for (int h = 0; h < 4; ++h)
    for (int w = 0; w < 4; ++w)
      CHECK(half[static_cast<std::size_t>(((4 + h) * 4 + w) * 3)] ==
            doctest::Approx(pictures.at(1, h + 3, w + 2, 0)));
}

}  // namespace bauta::test
