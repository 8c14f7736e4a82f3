// How the learned baselines are taught: from clear photographs with a face box alone.
//
//   x' = restore(round to 8 bits(hide(x)))                   restored     L1(x', x)
//   y = hide(x)                                              hidden       likeness(x, y)
//   y looks like a photograph to a discriminator             adversarial  LSGAN
//   an identity network sees two people, where one is given  identity     max(0, cos(e(x), e(y)))
//
// and for password, with another password q in p's place:
//
//   y2 = hide(x, q)                    different   likeness(y, y2), and y2 is hidden too
//   w = restore(y, q)                  wrong       likeness(x, w)
//
// In the manner of Gu et al. 2020 (section 3: anonymization, recovery, different passwords, wrong recovery)
// and Proenca 2022; both have losses on faces' features where there is likeness() here.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>

#include "cyclegan/baselines/learned.h"
#include "cyclegan/networks/discriminator.h"
#include "cyclegan/training/training_data.h"
#include "nn/adam.h"

namespace bauta {

// From pictures (N,H,W,3) in [-1, 1] and their face boxes to (N,1,1,D), rows of unit length; differentiable.
using IdentityFeatures = std::function<Tensor(const Tensor& pictures, const Boxes& boxes)>;

struct BaselineTraining {
  LearnedKind kind = LearnedKind::Password;
  int ngf = 16, ndf = 16;
  // Weights of the terms above. With more of restored (30) and less of wrong (0.5) a password network of
  // 3,600 steps left the face in the clear, and any password restored it.
  float restored = 20, hidden = 5, different = 0.5f, wrong = 1, adversarial = 0.3f, identity = 1;

  std::int64_t steps = 4000;
  int batch = 1;
  float learning_rate = 1e-3f;  // constant, then falling to zero over the second half
  std::uint64_t seed = 1;

  // What TrainingData and learning_rate_at need of it.
  TrainingConfig course() const;
};

class BaselineTeacher {
 public:
  // Draws the initial weights. identity: may be empty, then there is no such term. Throws CheckError for
  // settings that no training can have.
  BaselineTeacher(Engine& engine, const BaselineTraining& training, IdentityFeatures identity = {});

  // Before weighting, (1,1,1,1); those that the kind does not have are empty.
  struct Losses {
    Tensor restored, hidden, different, wrong, adversarial, identity, discriminator;
  };
  // One step of the networks and one of the discriminator. Looks at batch.x and batch.x_faces, which must be
  // there. password draws two passwords a step, of the step's number alone.
  Losses step(const TrainingBatch& batch);

  std::int64_t steps_done() const { return steps_done_; }
  const LearnedNetworks& networks() const { return networks_; }

 private:
  Losses teach_networks(const TrainingBatch& batch, Tensor& fake);
  Tensor teach_discriminator(const Tensor& real, const Tensor& fake);

  Engine& engine_;
  BaselineTraining training_;
  IdentityFeatures identity_;
  LearnedNetworks networks_;
  Discriminator discriminator_;
  Parameters discriminator_parameters_;
  Adam optimizer_, discriminator_optimizer_;
  std::int64_t steps_done_ = 0;
};

// Trains on a dataset to the end, or until stop() is true, which is asked after each step. on_step is told of
// every step. Throws FileError, also when the pictures are too small or no multiple of UNet::kSizeMultiple.
void train_baseline(BaselineTeacher& teacher, Engine& engine, const BaselineTraining& training,
                    const TrainingData& data, const std::function<bool()>& stop,
                    const std::function<void(const BaselineTeacher::Losses&)>& on_step);

}  // namespace bauta
