// A small U-Net (Ronneberger et al. 2015): down to an eighth of the size and up again, each level of the way
// up seeing the same level of the way down. What the learned baselines are made of.
//
//   y = tanh(x + body(x, p))
//
// p is a password of bits -1 and 1 (bits = 0: there is none). [29] gives it to the network as planes beside
// the picture's; a convolution makes of constant planes a constant a channel, and an instance norm takes that
// away again, so here each level adds its own linear map of p after its norm. Another map multiplies the last
// level's channels: so what is added to x can have a sign of its own for each password, and -p takes it off
// again. The levels of full size have no norm, or the network would be blind to brightness (see Generator).
#pragma once

#include <string>
#include <vector>

#include "nn/layers.h"

namespace bauta {

struct UNetConfig {
  int ngf = 16;  // channels at full size; 2, 4 and 4 times as many below
  int bits = 0;  // of the password
};

class UNet {
 public:
  // Throws CheckError unless ngf >= 1 and bits >= 0.
  explicit UNet(const UNetConfig& config);

  // x, result: (N,H,W,3) in [-1, 1], float32; H and W multiples of kSizeMultiple, at least kMinimumSize.
  // password: (1,1,1,bits), the same for all pictures; not looked at where there is none.
  Tensor operator()(const Tensor& x, const Tensor& password) const;

  void collect(const std::string& prefix, std::vector<NamedParameter>& into) const;
  // N(0, 0.02), and for the password's maps such that all bits together count as much as the picture does.
  // To be called when the parameters are packed; draws from the streams first_stream, ... of the seed.
  void initialize(std::uint64_t seed, std::uint64_t first_stream) const;

  static constexpr int kSizeMultiple = 8;
  static constexpr int kMinimumSize = 16;  // an instance norm of a single pixel would say nothing

 private:
  static constexpr int kDepth = 3;  // levels below full size

  UNetConfig config_;
  std::vector<Conv2d> down_;           // down_[l] leads to level l; level 0 has full size
  std::vector<ConvTranspose2d> up_;    // up_[l] leads from level l + 1 to level l
  std::vector<Conv2d> across_;         // across_[l] from the way down to the way up, at level l
  std::vector<Linear> password_down_;  // for each level on the way down, then up
  std::vector<Linear> password_up_;
  std::vector<Linear> password_gate_;  // of the last level: one, or none
  Conv2d leave_;
};

}  // namespace bauta
