#include "cyclegan/training/config.h"

#include <algorithm>
#include <cmath>

#include "kernels/check.h"

namespace bauta {

std::string to_string(AdversarialLoss loss) {
  switch (loss) {
    case AdversarialLoss::LeastSquares:
      return "lsgan";
    case AdversarialLoss::Log:
      return "log";
    case AdversarialLoss::WassersteinGp:
      return "wgan-gp";
  }
  return "?";
}

AdversarialLoss adversarial_loss(const std::string& name) {
  for (auto loss : {AdversarialLoss::LeastSquares, AdversarialLoss::Log, AdversarialLoss::WassersteinGp})
    if (to_string(loss) == name) return loss;
  BAUTA_CHECK(false, "no loss is called ", name, "; there are lsgan, log, wgan-gp");
}

void check_config(const TrainingConfig& config) {
  auto check = [](const char* name, double value, double low, double high) {
    BAUTA_CHECK(value >= low && value <= high, name, " is ", value, ", not in ", low, " to ", high);
  };
  check("ngf", config.ngf, 1, 512);
  check("ndf", config.ndf, 1, 512);
  check("residual_blocks", config.residual_blocks, 1, 64);
  check("residual_levels", static_cast<double>(config.residual_levels), 1, 60);
  check("companding_levels", static_cast<double>(config.companding_levels), 1, 255);
  for (const float weight :
       {config.adversarial_deid, config.adversarial_reid, config.lambda, config.identity, config.paired})
    check("a weight", static_cast<double>(weight), 0, 1e6);
  check("noise", static_cast<double>(config.noise), 0, 1);
  check("batch", config.batch, 1, 1024);
  check("pool", config.pool, 0, 1 << 16);
  check("learning_rate", static_cast<double>(config.learning_rate), 0, 1);
  check("decay_from", static_cast<double>(config.decay_from), 0, 1);
  check("steps", static_cast<double>(config.steps), 1, 1e12);
}

float learning_rate_at(const TrainingConfig& config, std::int64_t step) {
  const double start = std::floor(static_cast<double>(config.decay_from) * static_cast<double>(config.steps));
  const double past = std::max(0.0, static_cast<double>(step) + 1 - start);
  const double factor = 1 - past / (static_cast<double>(config.steps) - start + 1);
  return static_cast<float>(static_cast<double>(config.learning_rate) * std::max(0.0, factor));
}

RandomStream random_stream(std::uint64_t seed, RandomUse use, std::uint64_t index) {
  return {seed, (static_cast<std::uint64_t>(use) << 48) | index};
}

}  // namespace bauta
