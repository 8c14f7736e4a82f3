// Times what users wait for: a generator's forward pass and a training step. Prints one JSON object a
// measurement.
//
//   cyclegan_bench forward SIZE NGF BLOCKS [RUNS]     median ms of an inference at batch 1
//   cyclegan_bench step    SIZE NGF BLOCKS [RUNS]     median ms of a training step at batch 1 (reference
//   generators)
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>
#include <vector>

#include "cyclegan/training/trainer.h"

namespace {

using namespace bauta;

double median_ms(int runs, const std::function<void()>& body) {
  std::vector<double> times;
  for (int run = -1; run < runs; ++run) {  // the first warms up
    const auto start = std::chrono::steady_clock::now();
    body();
    const double ms =
        std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
    if (run >= 0) times.push_back(ms);
  }
  std::sort(times.begin(), times.end());
  return times[times.size() / 2];
}

Tensor noise_picture(Engine& engine, int size, std::uint64_t stream) {
  constexpr float kDeviation = 0.4f;
  const Tensor picture = Tensor::empty(engine, {1, size, size, 3});
  const Uploaded<RandomStream> streams(engine, {{1, stream}});
  engine.kernels().random_normal(picture.view(), streams.data(), 0, kDeviation, engine.context());
  return picture;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 5) {
    std::fprintf(stderr, "usage: cyclegan_bench forward|step SIZE NGF BLOCKS [RUNS]\n");
    return 2;
  }
  const std::string what = argv[1];
  const int size = std::atoi(argv[2]), runs = argc > 5 ? std::atoi(argv[5]) : 5;
  TrainingConfig config;
  config.ngf = config.ndf = std::atoi(argv[3]);
  config.residual_blocks = std::atoi(argv[4]);
  config.steps = 1000;

  Engine engine;
  Trainer trainer(engine, config);
  trainer.initialize();
  const TrainingBatch batch{noise_picture(engine, size, 1), noise_picture(engine, size, 2), {}, {}};
  double ms = 0;
  if (what == "forward") {
    const NoGrad inference(engine);
    ms = median_ms(runs, [&] { trainer.deid()(batch.x, {}); });
  } else {
    ms = median_ms(runs, [&] { trainer.step(batch); });
  }
  std::printf(
      "{\"what\": \"%s\", \"size\": %d, \"ngf\": %d, \"blocks\": %d, \"threads\": %d, \"backend\": \"%s\", "
      "\"ms\": %.2f, \"arena_MB\": %.1f}\n",
      what.c_str(), size, config.ngf, config.residual_blocks, engine.context().threads(),
      engine.kernels().name, ms, static_cast<double>(engine.memory().held) / 1e6);
  return 0;
}
