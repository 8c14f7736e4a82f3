// Training where convolutions multiply factors of 16 bits (kernels/backend_bf16.cpp): by the CPU's
// instructions, where it has them, and by their emulation.
#include <cmath>

#include "io/input_file.h"
#include "kernels/check.h"
#include "tests/cyclegan/generator_weights.h"
#include "tests/cyclegan/workshop.h"

namespace bauta {
// Of tests alone.
namespace cpu_emulated_bf16 {
extern const Backend backend;
}

namespace test {
namespace {

// The emulation first.
std::vector<const Backend*> rounding_backends() {
  std::vector<const Backend*> backends{&cpu_emulated_bf16::backend};
  if (bf16_backend()) backends.push_back(bf16_backend());
  return backends;
}

// Residual convolutions of 32 channels, at 64x64 of 256 positions: large enough for tiles.
TrainingConfig config_of_tiles() {
  TrainingConfig config;
  config.ngf = 8;
  config.ndf = 4;
  config.residual_blocks = 2;
  config.steps = 1 << 20;
  config.precision = DType::BFloat16;
  return config;
}

struct Lesson {
  Engine engine;
  Trainer trainer;

  explicit Lesson(const Backend& backend, int threads = 2)
      : engine(backend, threads), trainer(engine, config_of_tiles()) {
    trainer.initialize();
  }
  // Two smooth pictures, others each time.
  StepLosses step() {
    const Shape shape{1, 64, 64, 3};
    const auto picture = [&](float phase) {
      Array values(shape);
      for (int h = 0; h < shape.h; ++h)
        for (int w = 0; w < shape.w; ++w)
          for (int c = 0; c < shape.c; ++c)
            values.at(0, h, w, c) = 0.8f * std::sin(phase + 0.2f * static_cast<float>(h * (c + 1) + 2 * w));
      return Tensor::from(engine, shape, values.values);
    };
    const auto step = static_cast<float>(trainer.steps_done());
    return trainer.step({picture(step), picture(1.7f * step + 3), {}, {}});
  }
  // Of the generators, in the first step: Adam's moment is then the gradient's half.
  std::vector<float> first_gradient() {
    step();
    return trainer.state().generator_optimizer.first_moment().values();
  }
};

double norm(const std::vector<float>& values) {
  double squares = 0;
  for (float value : values) squares += double{value} * double{value};
  return std::sqrt(squares);
}

double apart(std::vector<float> values, const std::vector<float>& from) {
  for (std::size_t i = 0; i < from.size(); ++i) values[i] -= from[i];
  return norm(values) / norm(from);
}

}  // namespace

TEST_CASE("factors of 16 bits: training gives the same bits on any number of threads, and emulated") {
  std::vector<std::vector<float>> outcomes;
  for (const Backend* backend : rounding_backends()) {
    CAPTURE(backend->name);
    Lesson one(*backend, 1), several(*backend, 3);
    CHECK(one.engine.storage() == DType::Float32);
    CHECK(one.engine.precision() == DType::BFloat16);
    for (int step = 0; step < 2; ++step) {
      one.step();
      several.step();
    }
    CHECK(weights(one.trainer.latest()) == weights(several.trainer.latest()));
    outcomes.push_back(weights(one.trainer.latest()));
  }
  // The emulation's other kernels are those of AVX2, which round as AVX-512's do.
  for (const std::vector<float>& outcome : outcomes) CHECK((outcome == outcomes.front()));
}

TEST_CASE("factors of 16 bits: a step's gradient is float32's, but for the rounding") {
  const std::vector<float> exact = Lesson(*available_backends().front()).first_gradient();
  // Between float32's own instruction sets it is rounding alone.
  const double of_float32 = apart(Lesson(*available_backends().back()).first_gradient(), exact);
  for (const Backend* backend : rounding_backends()) {
    CAPTURE(backend->name);
    const double error = apart(Lesson(*backend).first_gradient(), exact);
    MESSAGE("16-bit factors " << error << ", another instruction set in float32 " << of_float32);
    CHECK(error > 1e-4);
    CHECK(error < 0.3);  // ReLUs of numbers near zero let another gradient through: kernels/README.md
  }
}

TEST_CASE("factors of 16 bits: training goes where float32's goes") {
  constexpr int kSteps = 40, kLast = 10;
  const auto last_losses = [](const Backend& backend) {
    Lesson lesson(backend);
    double sum = 0, first = 0;
    for (int step = 0; step < kSteps; ++step) {
      const StepLosses losses = lesson.step();
      const double cycle = losses.cycle_X.item() + losses.cycle_Y.item();
      if (step == 0) first = cycle;
      if (step >= kSteps - kLast) sum += cycle / kLast;
    }
    CHECK(sum < 0.8 * first);  // it learns
    return sum;
  };
  const double exact = last_losses(*available_backends().front());
  for (const Backend* backend : rounding_backends()) {
    CAPTURE(backend->name);
    CHECK(last_losses(*backend) == doctest::Approx(exact).epsilon(0.05));
  }
}

TEST_CASE(
    "factors of 16 bits: a run that was killed and resumed equals one that never stopped, bit for bit") {
  const Workshop workshop;
  TrainingConfig config = small_config();
  config.ngf = 6;  // more than a picture's channels are rounded
  config.precision = DType::BFloat16;
  const TrainingData data(workshop.data(), true);
  const auto open = [&](Engine& engine, const std::string& name) {
    std::vector<std::string> damaged;
    return TrainingRun(engine, options_for(workshop.run(name)), data, damaged);
  };
  const auto checkpoint = [&](const std::string& name) {
    return read_file(workshop.run(name) / "checkpoint" / "step-00000012.safetensors", 1 << 26);
  };
  for (const Backend* backend : rounding_backends()) {
    CAPTURE(backend->name);
    const std::string whole = std::string("whole-") + backend->name, killed = whole + "-killed";
    for (const std::string& name : {whole, killed})
      TrainingRun::create(workshop.run(name), config, workshop.data(), data, false);
    Engine engine(*backend, 2), other(*backend, 1), exact(*available_backends().front());
    CHECK_THROWS_WITH_AS(open(exact, whole), doctest::Contains("the run in bfloat16"), CheckError);
    open(engine, whole).go([] { return false; }, [](const LogEntry*) {});
    struct Killed {};
    int steps = 0;
    CHECK_THROWS_AS(open(engine, killed)
                        .go([] { return false; },
                            [&](const LogEntry*) {
                              if (++steps == 7) throw Killed();
                            }),
                    Killed);  // the checkpoint is at 4
    open(other, killed).go([] { return false; }, [](const LogEntry*) {});
    CHECK(checkpoint(whole) == checkpoint(killed));
  }
}

}  // namespace test
}  // namespace bauta
