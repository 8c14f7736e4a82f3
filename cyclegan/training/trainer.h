// One CycleGAN: four networks, two optimizers, and the step that teaches them. Paper section 4.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "cyclegan/faces/identity_network.h"
#include "cyclegan/training/config.h"
#include "cyclegan/training/image_pool.h"
#include "cyclegan/training/structural_similarity.h"
#include "nn/adam.h"
#include "nn/recorded.h"
#include "nn/weight_average.h"

namespace bauta {

// Unpaired: picture i of x has nothing to do with picture i of y.
struct TrainingBatch {
  Tensor x;                // clear faces, (N,H,W,3) in [-1, 1], float32
  Tensor y;                // faces under a mosaic
  Boxes x_faces, y_faces;  // where the faces are; need not be there unless config.needs_boxes()
};

// Each (1,1,1,1) on the device, before weighting, valid until the next step; ssim (1 - SSIM), unlike
// (1 - cosine), identity and paired are empty tensors where they are not used.
struct StepLosses {
  Tensor G_adv, F_adv, cycle_X, cycle_Y, ssim_X, unlike_X, identity_X, identity_Y, paired, D_X, D_Y;
};

struct GeneratorPair {
  const Generator &deid, &reid;
};

class Trainer {
 public:
  // judge: what config.likeness is measured with, and must be there if that is above 0, or CheckError; it
  // must outlive the trainer.
  Trainer(Engine& engine, const TrainingConfig& config, const IdentityNetwork* judge = nullptr);

  // Draws the initial weights from config.seed.
  void initialize();

  // One step of the generators, then one of the discriminators; of keyed generators that alone.
  StepLosses step(const TrainingBatch& batch);
  // The same with the pools' choices given instead of drawn, for comparison with a recorded run.
  StepLosses step(const TrainingBatch& batch, std::span<const int> pool_x_choices,
                  std::span<const int> pool_y_choices);

  std::int64_t steps_done() const { return steps_done_; }
  // Whether the next step replays a graph (nn/recorded.h).
  bool replays() const { return recorded_.replays(); }
  const TrainingConfig& config() const { return config_; }
  // As the last step left them.
  GeneratorPair latest() const { return {G_, F_}; }
  // What a run hands out, as of now: their average with config.average, else the latest.
  GeneratorPair outcome() const;

  // All that a checkpoint holds. Parameters are named G.*, F.*, D_X.*, D_Y.*.
  struct State {
    Parameters &generators, &discriminators;
    Adam &generator_optimizer, &discriminator_optimizer;
    const WeightAverage* average;  // of the generators; null without config.average
    ImagePool &pool_x, &pool_y;
    std::int64_t& steps_done;
  };
  State state();

 private:
  struct Fakes {
    Tensor x, y;
  };
  // Which random numbers a step draws, on the device.
  struct StepStreams {
    RandomStream noise_x[3], noise_y[3];  // for fakes before the generators, reals, fakes shown
    RandomStream penalty_x, penalty_y;
    RandomStream loop_noise;
  };
  // Networks that hold the generators' average when asked for it.
  struct Averaged {
    Averaged(Engine& engine, const TrainingConfig& config, const Parameters& generators);
    Generator G, F;
    Parameters parameters;
    WeightAverage average;
  };
  void prepare(const TrainingBatch& batch, std::span<const int> pool_x_choices,
               std::span<const int> pool_y_choices);
  Fakes teach_generators();
  void teach_keyed_generators();
  void teach_discriminators(const Fakes& fakes);

  TrainingConfig config_;
  const IdentityNetwork* judge_;
  Generator G_, F_;
  Discriminator D_X_, D_Y_;
  Parameters generators_, discriminators_;
  Adam generator_optimizer_, discriminator_optimizer_;
  std::optional<Averaged> averaged_;
  std::optional<StructuralSimilarity> ssim_;
  ImagePool pool_x_, pool_y_;
  std::int64_t steps_done_ = 0;

  // What a recorded step reads and writes: always in the same place.
  TrainingBatch batch_;
  Uploaded<StepStreams> streams_;
  StepLosses losses_;
  Recorded recorded_;
};

}  // namespace bauta
