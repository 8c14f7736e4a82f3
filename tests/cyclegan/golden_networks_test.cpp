// The networks against PyTorch: outputs and every gradient.
#include "cyclegan/networks/discriminator.h"
#include "cyclegan/networks/weight_file.h"
#include "nn/tape.h"
#include "tests/cyclegan/golden.h"

namespace bauta::test {

namespace {

constexpr Tolerance kAgainstPyTorch{1e-6, 1e-4};

template <class Forward>
void check_against(const std::string& name, const SafetensorsFile& golden, Engine& engine,
                   const Parameters& parameters, Forward forward) {
  CAPTURE(name);
  load_parameters(golden, "", parameters);
  const Tensor x = golden_pictures(engine, golden.tensors.at("input")).set_requires_grad();
  const Tensor y = forward(x);
  check_close(y.values(), golden_pictures(engine, golden.tensors.at("output")).values(), kAgainstPyTorch,
              "output");
  if (!golden.tensors.contains("loss_weight")) return;

  std::vector<Tensor> inputs = parameters.trained();
  inputs.push_back(x);
  const Tensor weight = golden_pictures(engine, golden.tensors.at("loss_weight"));
  const std::vector<Tensor> gradients = grad({sum(y * weight)}, inputs);
  check_close(gradients.back().values(), golden_pictures(engine, golden.tensors.at("grad.input")).values(),
              kAgainstPyTorch, "grad.input");
  std::size_t i = 0;
  for (const auto& [parameter_name, parameter] : parameters.named()) {
    CAPTURE(parameter_name);
    CHECK(golden.tensors.contains("grad." + parameter_name) == parameter->trained);
    if (!parameter->trained) continue;
    const Tensor expected = Tensor::zeros(engine, parameter->shape);
    from_file_tensor("golden", parameter_name, golden.tensors.at("grad." + parameter_name), expected);
    check_close(gradients[i++].values(), expected.values(), kAgainstPyTorch, parameter_name);
  }
  CHECK(i + 1 == gradients.size());
}

}  // namespace

TEST_CASE("the generator equals PyTorch's, with 6 and 9 blocks: output and every gradient") {
  for (const Backend* backend : available_backends())
    for (const std::string name : {"generator", "generator9"}) {
      CAPTURE(backend->name);
      Engine engine(*backend, 2);
      // The golden file has no bauta metadata: the architecture is read off the shapes, as for anyone's file.
      const SafetensorsFile golden = read_safetensors(golden_path(name));
      const GeneratorConfig config = read_generator_facts(golden_path(name)).config;
      CHECK(config.residual_blocks == (name == "generator" ? 6 : 9));
      const Generator generator(config);
      std::vector<NamedParameter> named;
      generator.collect("", named);
      const Parameters parameters(engine, named);
      check_against(name, golden, engine, parameters, [&](const Tensor& x) { return generator(x, {}); });
    }
}

TEST_CASE("the discriminator equals PyTorch's: output and every gradient") {
  for (const Backend* backend : available_backends()) {
    CAPTURE(backend->name);
    Engine engine(*backend, 2);
    const SafetensorsFile golden = read_safetensors(golden_path("discriminator"));
    const Discriminator discriminator({static_cast<int>(golden.tensors.at("model.0.weight").shape[0])});
    std::vector<NamedParameter> named;
    discriminator.collect("", named);
    const Parameters parameters(engine, named);
    check_against("discriminator", golden, engine, parameters,
                  [&](const Tensor& x) { return discriminator(x); });
  }
}

}  // namespace bauta::test
