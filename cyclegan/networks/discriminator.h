// The discriminators D_X and D_Y: 70x70 PatchGAN (Isola et al. 2017), C64-C128-C256-C512-1. Paper
// section 4.1.
#pragma once

#include <string>
#include <vector>

#include "nn/layers.h"

namespace bauta {

struct DiscriminatorConfig {
  int ndf = 64;  // channels of the first convolution
};

class Discriminator {
 public:
  explicit Discriminator(const DiscriminatorConfig& config);

  // x (N,H,W,3); result (N,H/8-2,W/8-2,1): a verdict for each patch of 70x70 pixels, the higher the more
  // real, stored as the engine's tensors are. H and W at least kMinimumSize, or CheckError.
  Tensor operator()(const Tensor& x) const;
  void collect(const std::string& prefix, std::vector<NamedParameter>& into) const;

  // As Generator::initialize.
  void initialize(std::uint64_t seed, std::uint64_t first_stream) const;

  static constexpr int kMinimumSize = 24;

 private:
  Sequential body_;
};

}  // namespace bauta
