// Every setting of a run that is a number or a switch: its name in config.json and the bounds it must keep
// to, for that file, the command line and check_config alike.
#pragma once

#include <string>

#include "cyclegan/training/config.h"

namespace bauta {

// Both included.
struct Bounds {
  double low, high;
};

// Calls visit(name, member, bounds) for each.
template <class Config, class Visitor>
void visit_settings(Config& config, Visitor visit) {
  constexpr Bounds kWeight{0, 1e6}, kFraction{0, 1}, kSwitch{0, 1};
  visit("ngf", config.ngf, Bounds{1, 512});
  visit("ndf", config.ndf, Bounds{1, 512});
  visit("residual_blocks", config.residual_blocks, Bounds{1, 64});
  visit("composite", config.composite, kSwitch);
  visit("residual_levels", config.residual_levels, Bounds{1, 60});
  visit("companding_levels", config.companding_levels, Bounds{1, 255});
  visit("adversarial_deid", config.adversarial_deid, kWeight);
  visit("adversarial_reid", config.adversarial_reid, kWeight);
  visit("lambda", config.lambda, kWeight);
  visit("ssim", config.ssim, kWeight);
  visit("likeness", config.likeness, kWeight);
  visit("identity", config.identity, kWeight);
  visit("paired", config.paired, kWeight);
  visit("quantize", config.quantize, kSwitch);
  visit("loop_noise", config.loop_noise, Bounds{0, 60});
  visit("noise", config.noise, kFraction);
  visit("batch", config.batch, Bounds{1, 1024});
  visit("pool", config.pool, Bounds{0, 1 << 16});
  visit("learning_rate", config.learning_rate, kFraction);
  visit("decay_from", config.decay_from, kFraction);
  visit("average", config.average, Bounds{0, 0.99999});
  visit("steps", config.steps, Bounds{1, 1e12});
  visit("mirror", config.mirror, kSwitch);
  visit("seed", config.seed, Bounds{0, 0x1p64});
  visit("tf32", config.tf32, kSwitch);
}

// Throws CheckError where no setting has that name.
Bounds bounds_of(const std::string& name);

}  // namespace bauta
