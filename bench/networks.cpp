#include "bench/networks.h"

#include <memory>
#include <optional>

#include "bench/dry_run.h"
#include "cyclegan/networks/weight_file.h"
#include "cyclegan/training/trainer.h"

namespace bauta {

namespace {

Tensor noise_pictures(Engine& engine, const NetworkCase& network, std::uint64_t seed, std::uint64_t stream) {
  constexpr float kDeviation = 0.4f;
  const Tensor pictures = Tensor::empty(engine, {network.batch, network.size, network.size, 3});
  const Uploaded<RandomStream> streams(engine, {{seed, stream}});
  engine.kernels().random_normal(pictures.view(), streams.data(), 0, kDeviation, engine.context());
  return pictures;
}

// A face in the middle of each picture, in the paper's 20 blocks.
Boxes faces(Engine& engine, const NetworkCase& network) {
  const int side = network.size * 5 / 8, start = (network.size - side) / 2;
  const MosaicBox box{start, start, side, side, std::max(1, side / 20)};
  return {engine,
          std::span<const MosaicBox>(std::vector<MosaicBox>(static_cast<std::size_t>(network.batch), box))};
}

struct Forward {
  Forward(const NetworkCase& network, Engine& on, std::uint64_t seed)
      : engine(on), recorded(on), x(noise_pictures(on, network, seed, 1)), boxes(faces(on, network)) {
    if (!network.file.empty()) {
      loaded.emplace(load_generator(engine, network.file));
      return;
    }
    Generator generator(network.generator);
    std::vector<NamedParameter> named;
    generator.collect("", named);
    Parameters parameters(engine, std::move(named));
    generator.initialize(seed, 0);
    parameters.publish();
    parameters.keep_forms();
    loaded.emplace(LoadedGenerator{{}, std::move(generator), std::move(parameters)});
  }
  void run() {
    const NoGrad inference(engine);
    recorded.run([this] {
      y = Tensor();
      y = loaded->generator(x, boxes);
    });
  }

  Engine& engine;
  Recorded recorded;
  Tensor x, y;
  Boxes boxes;
  std::optional<LoadedGenerator> loaded;
};

TrainingConfig training_config(const NetworkCase& network, std::uint64_t seed) {
  TrainingConfig config;
  config.generator = network.generator.kind;
  config.ngf = config.ndf = network.generator.ngf;
  config.residual_blocks = network.generator.residual_blocks;
  config.composite = network.generator.composite;
  config.batch = network.batch;
  config.steps = 1 << 20;
  config.seed = seed;
  return config;
}

struct Step {
  Step(const NetworkCase& network, Engine& engine, std::uint64_t seed)
      : trainer(engine, training_config(network, seed)),
        batch{noise_pictures(engine, network, seed, 1), noise_pictures(engine, network, seed, 2),
              faces(engine, network), faces(engine, network)} {
    trainer.initialize();
  }
  void run() { trainer.step(batch); }

  Trainer trainer;
  TrainingBatch batch;
};

template <class Work>
std::function<void()> runner(const NetworkCase& network, Engine& engine, std::uint64_t seed) {
  const auto work = std::make_shared<Work>(network, engine, seed);
  return [work] { work->run(); };
}

}  // namespace

std::string NetworkCase::what() const {
  const std::string side = std::to_string(size);
  return to_string(generator.kind) + ' ' + side + 'x' + side + ", ngf " + std::to_string(generator.ngf) +
         ", " + std::to_string(generator.residual_blocks) + " blocks, batch " + std::to_string(batch);
}

std::function<void()> prepare(const NetworkCase& network, Engine& engine, std::uint64_t seed) {
  return network.task == NetworkTask::Forward ? runner<Forward>(network, engine, seed)
                                              : runner<Step>(network, engine, seed);
}

double operations_of(const NetworkCase& network) {
  DryRun dry;
  Engine engine(DryRun::backend(), 1, DType::Float32, 1);
  NetworkCase drawn = network;
  drawn.file.clear();
  const auto run = prepare(drawn, engine, 1);
  run();  // the first of a step makes what later ones keep
  dry.forget();
  run();
  double operations = 0;
  for (const DryLaunch& launch : dry.launches()) operations += launch.flops;
  return operations;
}

}  // namespace bauta
