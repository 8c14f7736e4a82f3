// One CycleGAN: four networks, two optimizers, and the step that teaches them. Paper section 4.
#pragma once

#include <span>
#include <vector>

#include "cyclegan/training/config.h"
#include "cyclegan/training/image_pool.h"
#include "nn/adam.h"

namespace bauta {

// Unpaired: picture i of x has nothing to do with picture i of y.
struct TrainingBatch {
  Tensor x;  // clear faces, (N,H,W,3) in [-1, 1]
  Tensor y;  // faces under a mosaic
  std::vector<MosaicBox> x_faces,
      y_faces;  // where the faces are; need not be there unless config.needs_boxes()
};

// Each (1,1,1,1) on the device, before weighting; identity and paired are empty tensors where they are not
// used.
struct StepLosses {
  Tensor G_adv, F_adv, cycle_X, cycle_Y, identity_X, identity_Y, paired, D_X, D_Y;
};

class Trainer {
 public:
  Trainer(Engine& engine, const TrainingConfig& config);

  // Draws the initial weights from config.seed.
  void initialize();

  // One step of the generators, then one of the discriminators.
  StepLosses step(const TrainingBatch& batch);
  // The same with the pools' choices given instead of drawn, for comparison with a recorded run.
  StepLosses step(const TrainingBatch& batch, std::span<const int> pool_x_choices,
                  std::span<const int> pool_y_choices);

  std::int64_t steps_done() const { return steps_done_; }
  const TrainingConfig& config() const { return config_; }
  const Generator& deid() const { return G_; }
  const Generator& reid() const { return F_; }

  // All that a checkpoint holds. Parameters are named G.*, F.*, D_X.*, D_Y.*.
  struct State {
    Parameters &generators, &discriminators;
    Adam &generator_optimizer, &discriminator_optimizer;
    ImagePool &pool_x, &pool_y;
    std::int64_t& steps_done;
  };
  State state();

 private:
  struct Fakes {
    Tensor x, y;
  };
  Fakes teach_generators(const TrainingBatch& batch, StepLosses& losses);
  void teach_discriminators(const TrainingBatch& batch, const Tensor& shown_x, const Tensor& shown_y,
                            StepLosses& losses);
  Tensor with_noise(const Tensor& picture, RandomUse use, std::uint64_t which) const;

  TrainingConfig config_;
  Generator G_, F_;
  Discriminator D_X_, D_Y_;
  Parameters generators_, discriminators_;
  Adam generator_optimizer_, discriminator_optimizer_;
  ImagePool pool_x_, pool_y_;
  std::int64_t steps_done_ = 0;
};

}  // namespace bauta
