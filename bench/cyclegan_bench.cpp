// Times what users wait for: a generator's forward pass and a training step (reference generators). Prints
// one JSON object.
//
//   cyclegan_bench forward|step SIZE NGF BLOCKS [RUNS] [--device cpu|cuda] [--precision f32|bf16] [--batch N]
//                  [--lanes 1|2] [--tf32]
//
// Medians, in ms. On a card a run is one replayed graph and the wait for its end.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

#include "cyclegan/training/trainer.h"
#include "kernels/cuda.h"

namespace {

using namespace bauta;

double median_ms(int runs, const Engine& engine, const std::function<void()>& body) {
  constexpr int kWarmUps = 8;  // on a card: plans, memory, the capture
  std::vector<double> times;
  for (int run = -kWarmUps; run < runs; ++run) {
    const auto start = std::chrono::steady_clock::now();
    body();
    engine.kernels().synchronize(engine.context());
    const double ms =
        std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
    if (run >= 0) times.push_back(ms);
  }
  std::sort(times.begin(), times.end());
  return times[times.size() / 2];
}

Tensor noise_picture(Engine& engine, int batch, int size, std::uint64_t stream) {
  constexpr float kDeviation = 0.4f;
  const Tensor picture = Tensor::empty(engine, {batch, size, size, 3});
  const Uploaded<RandomStream> streams(engine, {{1, stream}});
  engine.kernels().random_normal(picture.view(), streams.data(), 0, kDeviation, engine.context());
  return picture;
}

int run(const std::string& what, int size, int runs, const TrainingConfig& config, bool tf32,
        Engine& engine) {
  Trainer trainer(engine, config);
  trainer.initialize();
  const TrainingBatch batch{
      noise_picture(engine, config.batch, size, 1), noise_picture(engine, config.batch, size, 2), {}, {}};
  double ms = 0;
  if (what == "forward") {
    const NoGrad inference(engine);
    trainer.state().generators.keep_forms();
    Recorded forward(engine);
    Tensor y;
    ms = median_ms(runs, engine, [&] {
      forward.run([&] {
        y = Tensor();
        y = trainer.latest().deid(batch.x, {});
      });
    });
  } else {
    ms = median_ms(runs, engine, [&] { trainer.step(batch); });
  }
  std::printf(
      "{\"what\": \"%s\", \"size\": %d, \"ngf\": %d, \"blocks\": %d, \"batch\": %d, \"storage\": \"%s\", "
      "\"lanes\": %zu, \"threads\": %d, \"backend\": \"%s\", \"cudnn\": \"%s\", \"ms\": %.3f, "
      "\"images_per_s\": %.1f, "
      "\"memory_MB\": %.1f}\n",
      what.c_str(), size, config.ngf, config.residual_blocks, config.batch,
      engine.storage() == DType::BFloat16 || &engine.kernels() == bf16_backend() ? "bf16"
      : tf32                                                                     ? "tf32"
                                                                                 : "f32",
      engine.lanes(), engine.context().threads(), engine.kernels().name,
      engine.context().libraries() ? cudnn_version().c_str() : "none", ms, config.batch / ms * 1e3,
      static_cast<double>(engine.memory().held) / 1e6);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App program("Times a generator's forward pass or a training step");
  std::string what, device = "cpu", precision = "f32";
  int size = 256, runs = 5, threads = 0, lanes = 2;
  bool tf32 = false;
  TrainingConfig config;
  config.steps = 1 << 20;
  program.add_option("WHAT", what)->required()->check(CLI::IsMember({"forward", "step"}));
  program.add_option("SIZE", size)->required()->check(CLI::Range(24, 4096));
  program.add_option("NGF", config.ngf)->required()->check(CLI::Range(1, 512));
  program.add_option("BLOCKS", config.residual_blocks)->required()->check(CLI::Range(1, 64));
  program.add_option("RUNS", runs)->check(CLI::Range(1, 1 << 20));
  program.add_option("--device", device)->check(CLI::IsMember({"cpu", "cuda"}));
  program.add_option("--precision", precision)->check(CLI::IsMember({"f32", "bf16"}));
  program.add_option("--batch", config.batch)->check(CLI::Range(1, 1024));
  program.add_option("--threads", threads)->check(CLI::Range(0, 1024));
  program.add_option("--lanes", lanes)->check(CLI::Range(1, 2));
  program.add_flag("--tf32", tf32, "on a card");
  CLI11_PARSE(program, argc, argv);
  config.ndf = config.ngf;
  try {
    const bool bf16 = precision == "bf16", card = device == "cuda";
    if (bf16 && !card && what != "forward")
      throw std::runtime_error("--precision bf16 is for forward alone on a CPU");
    if (bf16 && !card && !bf16_backend()) throw std::runtime_error("--precision bf16: " + bf16_problem());
    // On a CPU tensors stay float32, and a convolution's factors have 16 bits.
    const Backend& backend = card ? cuda_backend() : bf16 ? *bf16_backend() : *available_backends().front();
    Engine engine(backend, threads, bf16 && card ? DType::BFloat16 : DType::Float32, lanes);
    engine.allow_tf32(tf32);
    return run(what, size, runs, config, tf32, engine);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "cyclegan_bench: %s\n", error.what());
    return 1;
  }
}
