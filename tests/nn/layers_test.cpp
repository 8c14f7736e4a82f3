#include "nn/layers.h"

#include <algorithm>

#include "kernels/check.h"
#include "nn/adam.h"
#include "nn/tape.h"
#include "tests/nn/gradient_check.h"

namespace bauta::test {

namespace {

std::vector<NamedParameter> parameters_of(const Layer& layer) {
  std::vector<NamedParameter> parameters;
  layer.collect("", parameters);
  return parameters;
}

void fill(const Parameter& parameter, const std::vector<float>& values) {
  REQUIRE(values.size() == parameter.shape.count());
  parameter.value.assign(values);
}

}  // namespace

TEST_CASE("a sequence names its parameters by place, as PyTorch does") {
  Sequential net;
  net.add<ReflectionPad2d>(1)
      .add<Conv2d>(3, 4, 3, ConvGeometry{})
      .add<FusedNorm>(0.0f)
      .skip(1)
      .add<ResidualBlock>(4, 0);
  std::vector<std::string> names;
  for (const auto& entry : parameters_of(net)) names.push_back(entry.name);
  CHECK(names == std::vector<std::string>{"1.weight", "1.bias", "4.conv_block.1.weight",
                                          "4.conv_block.1.bias", "4.conv_block.5.weight",
                                          "4.conv_block.5.bias"});
}

TEST_CASE("named layers, and branches whose channels come one after another") {
  Engine engine;
  Sequential row;
  row.named<Conv2d>("row", 2, 1, KernelSize{1, 3}, ConvGeometry{}, Bias::None)
      .named<Conv2d>("column", 1, 2, KernelSize{2, 1}, ConvGeometry{});
  Branches branches;
  branches.add(std::move(row));
  Sequential net;
  net.add<ReLU>().named<Branches>("both", std::move(branches)).add<ReLU>();
  CHECK(net.last_place() == 1);
  std::vector<std::string> names;
  for (const auto& entry : parameters_of(net)) names.push_back(entry.name);
  CHECK(names == std::vector<std::string>{"both.branch_0.row.weight", "both.branch_0.column.weight",
                                          "both.branch_0.column.bias"});

  Sequential left, right;
  left.named<Conv2d>("row", 2, 1, KernelSize{1, 3}, ConvGeometry{}, Bias::None)
      .named<Conv2d>("column", 1, 2, KernelSize{2, 1}, ConvGeometry{});
  right.add<MaxPool2d>(PoolWindow{.size = 2, .stride = 2});
  Branches both;
  both.add(std::move(left)).add(std::move(right));
  const Parameters parameters(engine, parameters_of(both));
  fill(*parameters.find("branch_0.row.weight"), {1, 0, 0, 0, 0, 10});  // taps (0, 1, 2) x channels (2)
  fill(*parameters.find("branch_0.column.weight"), {1, 1, 2, -1});     // outputs (2) x taps (2)
  fill(*parameters.find("branch_0.column.bias"), {100, 200});
  const Tensor x = Tensor::from(engine, {1, 2, 3, 2}, {{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}});
  // Rows: 1 + 10 * 6 = 61 and 7 + 10 * 12 = 127; the largest of the left square: 9 and 10.
  CHECK(both(x).values() == std::vector<float>{61 + 127 + 100, 2 * 61 - 127 + 200, 9, 10});
}

TEST_CASE("parameters are packed into one buffer and gradients gathered into another") {
  Engine engine;
  Sequential net;
  net.add<Conv2d>(2, 3, 1, ConvGeometry{}).add<Conv2d>(3, 1, 1, ConvGeometry{}, Bias::Cancelled);
  const Parameters parameters(engine, parameters_of(net));
  CHECK(parameters.count() == 6 + 3 + 3 + 1);
  CHECK(parameters.trained().size() == 3);  // a cancelled bias is kept, not trained
  CHECK(parameters.find("1.bias") != nullptr);
  CHECK(parameters.find("2.bias") == nullptr);

  fill(*parameters.find("1.weight"), {1, 2, 3});
  const std::vector<float> flat = parameters.flat().values();
  CHECK(std::count(flat.begin(), flat.end(), 0.0f) == static_cast<std::ptrdiff_t>(flat.size()) - 3);

  // Adds up until begin(), and is zero where nothing came.
  Gradients gathered(parameters);
  const auto has = [&](float value) {
    const std::vector<float> all = gathered.flat().values();
    return std::count(all.begin(), all.end(), value);
  };
  for (int time = 0; time < 2; ++time)
    for (const Tensor& parameter : parameters.trained())
      gathered.add(parameter, Tensor::full(engine, parameter.shape(), 2));
  gathered.finish();
  CHECK(has(4) == 6 + 3 + 3);
  gathered.begin();
  gathered.add(parameters.trained()[0], Tensor::full(engine, parameters.trained()[0].shape(), 3));
  gathered.finish();
  CHECK(has(3) == 6);
  CHECK(has(4) == 0);
  CHECK_THROWS_AS(gathered.add(Tensor::zeros(engine, {}), Tensor::zeros(engine, {})), CheckError);

  Sequential twice;
  auto same = parameters_of(net);
  same.push_back(same.front());
  CHECK_THROWS_AS(Parameters(engine, same), CheckError);
}

TEST_CASE("batch norm and linear layers") {
  Engine engine;
  Sequential net;
  net.add<BatchNorm2d>(2, 0.0f);
  const Parameters parameters(engine, parameters_of(net));
  fill(*parameters.find("0.weight"), {2, 3});
  fill(*parameters.find("0.bias"), {1, -1});
  fill(*parameters.find("0.running_mean"), {1, 2});
  fill(*parameters.find("0.running_var"), {4, 9});
  const Tensor x = Tensor::from(engine, {1, 1, 2, 2}, std::vector<float>{1, 2, 3, 5});
  check_close(net(x).values(), {1, -1, 3, 2});

  Sequential linear;
  linear.add<Linear>(3, 2);
  const Parameters weights(engine, parameters_of(linear));
  fill(*weights.find("0.weight"), {1, 0, 2, 0, 1, 0});
  fill(*weights.find("0.bias"), {10, 20});
  check_close(linear(Tensor::from(engine, {1, 1, 1, 3}, std::vector<float>{1, 2, 3})).values(), {17, 22});
}

TEST_CASE(
    "a separable convolution: named after its halves, differentiable, the same bits where nothing is "
    "recorded") {
  Engine engine;
  Sequential net;
  net.add<SeparableConv2d>(5, 20, true);
  const Parameters parameters(engine, parameters_of(net));
  std::vector<std::string> names;
  for (const auto& entry : parameters.named()) names.push_back(entry.name);
  CHECK(names == std::vector<std::string>{"0.pointwise.weight", "0.pointwise.bias", "0.depthwise.weight",
                                          "0.depthwise.bias"});
  initialize_normal(parameters.named(), 0.5f, 1, 0);
  fill(*parameters.find("0.pointwise.bias"), std::vector<float>(20, 0.25f));
  std::vector<float> pixels(6 * 7 * 5);
  for (std::size_t i = 0; i < pixels.size(); ++i) pixels[i] = static_cast<float>(i * 37 % 19) - 9;
  const Tensor x = Tensor::from(engine, {1, 6, 7, 5}, pixels);
  const Tensor y = net(x);
  for (const Tensor& gradient : grad({sum(y)}, parameters.trained()))
    CHECK(std::ranges::any_of(gradient.values(), [](float value) { return value != 0; }));
  const NoGrad no_tape(engine);
  CHECK(net(x).values() == y.values());
}

TEST_CASE("depthwise convolution, PReLU and zero padding as layers") {
  Engine engine;
  Sequential net;
  net.add<ZeroPad2d>(Margins{1, 0, 0, 0}).add<DepthwiseConv2d>(2, 2, ConvGeometry{}).add<PReLU>(2);
  const Parameters parameters(engine, parameters_of(net));
  std::vector<std::string> names;
  for (const auto& entry : parameters.named()) names.push_back(entry.name);
  CHECK(names == std::vector<std::string>{"1.weight", "1.bias", "2.weight"});
  CHECK(parameters.find("1.weight")->shape == Shape{1, 2, 2, 2});
  fill(*parameters.find("1.weight"), {1, 10, 2, 20, 3, 30, -4, -40});  // taps (0,0), (0,1), (1,0), (1,1)
  fill(*parameters.find("1.bias"), {0.5f, 5});
  fill(*parameters.find("2.weight"), {0.1f, -1});
  const Tensor x = Tensor::from(engine, {1, 2, 2, 2}, std::vector<float>{1, 1, 2, 2, 3, 3, 4, 4});
  // 3 - 8 + 0.5 and 30 - 80 + 5; 1 + 4 + 9 - 16 + 0.5 and 10 + 40 + 90 - 160 + 5.
  check_close(net(x).values(), {-0.45f, 45, -0.15f, 15});

  // Gradients go where an optimizer reads them, and twice is twice.
  const std::vector<Tensor> expected = grad({sum(net(x))}, parameters.trained());
  Gradients gathered(parameters);
  for (int times : {1, 2}) {
    backward({sum(net(x))}, {1}, gathered);
    CAPTURE(times);
    for (std::size_t i = 0; i < expected.size(); ++i) {
      std::vector<float> wanted = expected[i].values();
      for (float& value : wanted) value *= static_cast<float>(times);
      check_close(parameters.part(gathered.flat(), i).values(), wanted);
    }
  }
}

TEST_CASE("a transposed convolution doubles the size and is the gradient of the strided one") {
  Engine engine;
  Sequential up;
  up.add<ConvTranspose2d>(3, 2, 3, ConvGeometry{2, 1}, 1);
  const Parameters parameters(engine, parameters_of(up));
  initialize_normal(parameters.named(), 1, 1, 0);
  const Tensor x = random_tensor(engine, {1, 4, 5, 3}, 1), y = random_tensor(engine, {1, 8, 10, 2}, 2);
  CHECK(up(x).shape() == y.shape());
  const Tensor weight = parameters.find("0.weight")->value.detach();
  CHECK(dot(up(x), y) == doctest::Approx(dot(x, conv2d(y, weight, {2, 1}))).epsilon(1e-4));
  CHECK_THROWS_AS(ConvTranspose2d(3, 2, 3, ConvGeometry{2, 1}, 2), CheckError);
}

TEST_CASE("what kernels keep of weights follows every change of them") {
  Engine engine;
  const Conv2d kept(32, 32, 3, {1, 1}, Bias::None), plain(32, 32, 3, {1, 1}, Bias::None);
  const Parameters ours(engine, parameters_of(kept)), theirs(engine, parameters_of(plain));
  ours.keep_forms();
  const Tensor x = random_tensor(engine, {1, 16, 16, 32}, 5);
  const auto same = [&] {
    const NoGrad inference(engine);
    return kept(x).values() == plain(x).values();
  };
  const auto set = [](const Parameters& parameters, float value) {
    initialize_normal(parameters.named(), value, 7, 0);
    parameters.publish();
  };
  for (const float deviation : {0.1f, 0.2f}) {  // by a kernel
    set(ours, deviation);
    set(theirs, deviation);
    CHECK(same());
  }
  const std::vector<float> values(ours.named()[0].parameter->shape.count(), 0.5f);
  for (const Parameters* parameters : {&ours, &theirs})
    parameters->named()[0].parameter->value.assign(values);
  CHECK(same());
  const std::vector<float> before = kept(x).values();
  Adam adam(ours, {}), reference(theirs, {});
  for (const auto& [layer, optimizer] : {std::pair{&kept, &adam}, {&plain, &reference}}) {
    optimizer->set_learning_rate(0.1f);
    backward({reduce_sum((*layer)(x), {1, 1, 1, 1})}, {1.0f}, optimizer->gradients());
    optimizer->step();
  }
  CHECK(same());
  CHECK(kept(x).values() != before);
}

TEST_CASE("Adam finds the least squares solution, and equal seeds give equal weights") {
  Engine engine;
  Sequential net;
  net.add<Linear>(3, 1);
  const Parameters parameters(engine, parameters_of(net));
  Adam adam(parameters, {.beta1 = 0.9f});
  SmallCopies copies;
  adam.set_learning_rate(0.05f, copies);
  copies.send(engine);
  const Tensor x = random_tensor(engine, {16, 1, 1, 3}, 1);
  const Tensor truth = Tensor::from(engine, {1, 1, 1, 3}, std::vector<float>{1, -2, 0.5f});
  const Tensor target = matmul(x, Transpose::No, truth, Transpose::Yes);
  for (int step = 0; step < 800; ++step) {
    const Tensor error = net(x) - target;
    backward({mean(error * error)}, {1}, adam.gradients());
    adam.step();
  }
  CHECK(adam.steps() == 800);
  check_close(parameters.find("0.weight")->value.values(), {1, -2, 0.5f}, {1e-2, 0});

  initialize_normal(parameters.named(), 0.02f, 7, 3);
  const auto first = parameters.flat().values();
  initialize_normal(parameters.named(), 0.02f, 7, 3);
  CHECK(parameters.flat().values() == first);
  initialize_normal(parameters.named(), 0.02f, 8, 3);
  CHECK(parameters.flat().values() != first);
}

}  // namespace bauta::test
