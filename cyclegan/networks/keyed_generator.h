// Generators for the keyed channel: they write and read the code that lies under the cipher (keyed/), where
// the companded code stands without any network. In grey levels, with k = residual_levels, Q = 2k + 1:
//
//   base    the centre of the lattice's cell that a block's mean lies in; read off each level again, as the
//           cell of centre + r is centre's for every r of -k..k
//   De-ID   u = compand(x - base),   r = round(clamp(k u + 2 tanh(body(x, base, u)), -k, k)),   y = base + r
//   Re-ID   r = y - base,   z = base + expand(r / k),   x' = z + body(z, base, r / k)
//
//   compand and expand: keyed/companding.h. Rounding passes gradients on (straight-through).
//
// De-ID moves a code by two steps at most: free to go further, it sooner or later drove all codes to their
// ends, where the clamp lets no gradient through (tried: after 2,000 to 3,000 steps).
//
// y is what would be published without the cipher, which then moves each r within its cell. So no
// discriminator looks at it: under the cipher it is uniform noise whatever the networks do. The last
// convolution and those of the residual blocks start at zero: an untrained pair is the companded code itself.
//
// body works at full size and without norms: it is to take away the rounding noise of single pixels. Where
// it stands does not matter to it, so regions of any size and parts of them can be worked on.
#pragma once

#include "nn/layers.h"

namespace bauta {

class KeyedCode {
 public:
  // residual_levels: k. Throws CheckError unless it is a whole number that a lattice can have.
  explicit KeyedCode(float residual_levels);

  // (N,H,W,3) in [-1, 1] and so are the bases; off the tape.
  Tensor base_for(const Tensor& block_means) const;
  Tensor base_of(const Tensor& y) const;
  // Differences from the base, of the half range, to codes of [-1, 1] (beyond for the largest); and back.
  Tensor compand(const Tensor& difference) const;
  Tensor expand(const Tensor& code) const;
  // The nearest code that k levels either way can hold.
  Tensor round(const Tensor& code) const;

  float kappa() const { return kappa_; }                     // k of the half range
  float step() const { return 1 / static_cast<float>(k_); }  // from one code to the next

 private:
  Tensor centre_of_nearest_cell(const Tensor& levels) const;

  int k_;
  float kappa_;
};

// What a body sees of each pixel: three planes of three channels.
inline constexpr int kKeyedInputs = 9;

// Depth and width are GeneratorConfig's: 3x3 convolutions, 9 -> ngf, residual blocks of two, ngf -> 3.
Sequential keyed_layers(int ngf, int residual_blocks);
// Pixels that reach a result, on each side.
int keyed_reach(int residual_blocks);

// (N,H,W,3) in [-1, 1]; meaningful inside the boxes only.
Tensor keyed_deid(const KeyedCode& code, const Layer& body, const Tensor& x, const Boxes& boxes);
Tensor keyed_reid(const KeyedCode& code, const Layer& body, const Tensor& y);

}  // namespace bauta
