#include "cyclegan/training/config.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "cyclegan/training/settings.h"
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

std::string precision_name(DType precision) { return precision == DType::BFloat16 ? "bf16" : "f32"; }

DType precision_by_name(const std::string& name) {
  for (auto precision : {DType::Float32, DType::BFloat16})
    if (precision_name(precision) == name) return precision;
  BAUTA_CHECK(false, "no precision is called ", name, "; there are f32, bf16");
}

void check_config(const TrainingConfig& config) {
  visit_settings(config, [](const char* name, const auto& value, Bounds bounds) {
    BAUTA_CHECK(static_cast<double>(value) >= bounds.low && static_cast<double>(value) <= bounds.high, name,
                " is ", value, ", not in ", bounds.low, " to ", bounds.high);
  });
  if (!config.keyed()) return;
  (void)KeyedCode(config.residual_levels);
  const std::pair<const char*, float> of_the_open_channel[] = {{"adversarial_deid", config.adversarial_deid},
                                                               {"adversarial_reid", config.adversarial_reid},
                                                               {"identity", config.identity},
                                                               {"likeness", config.likeness},
                                                               {"paired", config.paired},
                                                               {"noise", config.noise},
                                                               {"loop_noise", config.loop_noise}};
  for (const auto& [name, value] : of_the_open_channel)
    BAUTA_CHECK(value == 0, name, " is ", value, "; keyed generators are taught by their cycle alone");
}

Bounds bounds_of(const std::string& name) {
  std::optional<Bounds> found;
  const TrainingConfig any;
  visit_settings(any, [&](const char* setting, const auto&, Bounds bounds) {
    if (setting == name) found = bounds;
  });
  BAUTA_CHECK(found.has_value(), "no setting is called ", name);
  return *found;
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
