// Ten whole CycleGAN steps against PyTorch: losses, and all weights afterwards.
#pragma once

#include "cyclegan/training/trainer.h"
#include "tests/cyclegan/golden.h"

namespace bauta::test {

inline Tensor golden_picture(Engine& engine, const NamedTensor& pictures, std::size_t step) {
  const Tensor all = golden_pictures(engine, pictures);
  const Shape one{1, all.shape().h, all.shape().w, all.shape().c};
  return all.alias(step % static_cast<std::size_t>(all.shape().n) * one.count(), one);
}

inline void check_training(const std::string& name, float identity, const Backend& backend) {
  CAPTURE(name);
  CAPTURE(backend.name);
  Engine engine(backend, 2);
  const SafetensorsFile golden = read_safetensors(golden_path(name));
  const SafetensorsFile pictures = read_safetensors(golden_path("training"));
  auto number = [&](const std::string& tensor, std::size_t step) {
    return golden.tensors.at(tensor).values[step];
  };

  TrainingConfig config;
  config.ngf = static_cast<int>(golden.tensors.at("initial.G.model.1.weight").shape[0]);
  config.ndf = static_cast<int>(golden.tensors.at("initial.D_X.model.0.weight").shape[0]);
  config.residual_blocks = 6;
  config.identity = identity;
  config.pool = 3;
  config.steps = 10;
  Trainer trainer(engine, config);
  const Trainer::State state = trainer.state();
  load_parameters(golden, "initial.", state.generators);
  load_parameters(golden, "initial.", state.discriminators);

  constexpr double kRelative = 1e-4;
  for (std::size_t step = 0; step < 10; ++step) {
    CAPTURE(step);
    CHECK(learning_rate_at(config, static_cast<std::int64_t>(step)) == doctest::Approx(number("lr", step)));
    const TrainingBatch batch{golden_picture(engine, pictures.tensors.at("x"), step),
                              golden_picture(engine, pictures.tensors.at("y"), step),
                              {},
                              {}};
    const int choice_x = static_cast<int>(number("pool_X", step)),
              choice_y = static_cast<int>(number("pool_Y", step));
    const StepLosses losses = trainer.step(batch, {&choice_x, 1}, {&choice_y, 1});
    auto check = [&](const std::string& loss, const Tensor& value) {
      CAPTURE(loss);
      CHECK(value.item() == doctest::Approx(number("loss." + loss, step)).epsilon(kRelative));
    };
    check("G_adv", losses.G_adv);
    check("F_adv", losses.F_adv);
    check("cycle_X", losses.cycle_X);
    check("cycle_Y", losses.cycle_Y);
    check("D_X", losses.D_X);
    check("D_Y", losses.D_Y);
    if (identity > 0) {
      check("identity_X", losses.identity_X);
      check("identity_Y", losses.identity_Y);
    }
  }
  for (const Parameters* parameters : {&state.generators, &state.discriminators})
    for (const auto& [parameter_name, parameter] : parameters->named()) {
      if (!parameter->trained) continue;
      const Tensor expected = Tensor::zeros(engine, parameter->shape);
      from_file_tensor("golden", parameter_name, golden.tensors.at("final." + parameter_name), expected);
      check_close(parameter->value.values(), expected.values(), {1e-4, 0}, parameter_name);
    }
}

}  // namespace bauta::test
