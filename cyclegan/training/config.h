// What a training run is asked to do. Defaults are the paper's (section 4), and where it is silent
// CycleGAN's.
#pragma once

#include <cstdint>
#include <string>

#include "cyclegan/networks/discriminator.h"
#include "cyclegan/networks/generator.h"

namespace bauta {

enum class AdversarialLoss {
  LeastSquares,   // LSGAN, paper section 5.3
  Log,            // paper eqs. 2 and 3
  WassersteinGp,  // Gulrajani et al. 2017, gradient penalty weight 10
};

// "lsgan", "log", "wgan-gp". The inverse throws CheckError naming the ones there are.
std::string to_string(AdversarialLoss loss);
AdversarialLoss adversarial_loss(const std::string& name);

// "f32", "bf16". The inverse throws CheckError naming the ones there are.
std::string precision_name(DType precision);
DType precision_by_name(const std::string& name);

struct TrainingConfig {
  GeneratorKind generator = GeneratorKind::Reference;
  int ngf = 64, ndf = 64;
  int residual_blocks = 9;
  bool composite = false;     // outside the face box a generator's picture is its input's
  float residual_levels = 5;  // bounded and keyed generators: see GeneratorConfig
  float companding_levels = 12;

  AdversarialLoss loss = AdversarialLoss::LeastSquares;
  float adversarial_deid = 1;  // weights of the adversarial terms of G and F
  float adversarial_reid = 1;
  float lambda = 10;      // weight of the cycle terms, eq. 4
  float ssim = 0;         // weight of 1 - SSIM(F(G(x)), x), beside the L1 of the cycle term
  float likeness = 0;     // weight of 1 - cosine of FaceNet's embeddings of F(G(x)) and x (likeness.h)
  float identity = 0;     // weight, times lambda, of L1(G(y), y) + L1(F(x), x)
  float paired = 0;       // weight of L1(G(x), mosaic(x)); needs face boxes
  bool quantize = false;  // G(x) is rounded to 8 bits before F, as a file does
  float loop_noise = 0;   // deviation of Gaussian noise on G(x) before F (and its 8 bits), grey levels of 255
  float noise = 0;        // deviation of Gaussian noise on all that discriminators see

  int batch = 1;
  int pool = 50;  // fake pictures remembered for the discriminators
  float learning_rate = 2e-4f;
  float decay_from = 0.5f;  // fraction of the run after which the learning rate falls to zero, linearly
  float average = 0;        // decay of the generators' moving average, which a run hands out; 0: none
  std::int64_t steps = 0;   // of the whole run
  bool mirror = true;       // half of the pictures are mirrored
  std::uint64_t seed = 1;
  DType precision = DType::Float32;  // of the engine: Engine::precision()
  bool tf32 = false;                 // on a card: float32 products of factors that are rounded to TF32

  GeneratorConfig generator_config(GeneratorRole role) const {
    return {generator, role, ngf, residual_blocks, composite, residual_levels, companding_levels};
  }
  // Whether the generators write and read what lies under a cipher: then nobody sees De-ID, no discriminator
  // judges it, and the clear pictures' cycle alone is taught.
  bool keyed() const { return generator == GeneratorKind::Keyed; }
  bool needs_boxes() const {
    return composite || paired > 0 || likeness > 0 || generator == GeneratorKind::Bounded || keyed();
  }
};

// Throws CheckError naming the setting that no run can have (settings.h has the bounds).
void check_config(const TrainingConfig& config);

// The learning rate of a step (counted from 0): constant, then linear, such that it would be zero one step
// after the last; as the reference's is by epochs.
float learning_rate_at(const TrainingConfig& config, std::int64_t step);

// Each use of randomness draws from streams of its own; what happens in a step depends on its number, not on
// what was drawn before, so a resumed run draws what an uninterrupted one does.
enum class RandomUse : std::uint64_t {
  Weights = 1,
  Order,
  Mirror,
  PoolX,
  PoolY,
  NoiseX,
  NoiseY,
  PenaltyX,
  PenaltyY,
  LoopNoise,
  Password,
};
RandomStream random_stream(std::uint64_t seed, RandomUse use, std::uint64_t index = 0);

}  // namespace bauta
