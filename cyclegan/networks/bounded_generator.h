// Generators that are pixelated by construction. With m the block means of a picture inside its face box, d =
// x - m what the mosaic takes away, s a fixed pattern of signs, and kappa = residual_levels / 127.5:
//
//   De-ID   y = (1 - kappa) m + kappa t,   t = clamp(s compand(d) + body(x), -1, 1)
//   Re-ID   u = (y - (1 - kappa) m) / kappa,   where (1 - kappa) m is read off y as its block means
//           z = m + expand(s u),   x' = z + body(z) + refine(z)
//
//   compand(d) = asinh(d / c) / asinh(1 / c),   expand its inverse,   c = companding_levels / 127.5
//
// So |y - (1 - kappa) m| <= kappa whatever the networks do: De-ID cannot fail open.
//
// Companding keeps small differences finely and large ones coarsely, as 8 bits allow only 2 residual_levels +
// 1 steps; a difference of more than half the range is cut. The signs turn the face's outlines, which would
// show as an engraving, into the finest noise there is: averaged over 2 x 2 pixels it is gone. They are no
// secret, and so no protection: whoever knows this formula can restore most of the face without any network.
//
// body is the generator's own network without its tanh, refine a few convolutions at full size and without
// norms, since the body, which works at a quarter of the size, cannot take away rounding noise. The last
// convolution of each starts at zero: an untrained pair is the bare formula.
#pragma once

#include <array>
#include <map>

#include "nn/layers.h"

namespace bauta {

struct BoundedCode {
  // Both in grey levels of 255; throws CheckError unless 0 < residual_levels < 127.5 and companding_levels >
  // 0.
  BoundedCode(float residual_levels, float companding_levels);

  Tensor compand(const Tensor& difference) const;
  Tensor expand(const Tensor& code) const;

  float kappa;  // largest deviation from the block colours, of the half range
  float c;      // where companding turns from linear to logarithmic, of the half range
};

// The signs s: +1 and -1, each equally often in every cell of 2 x 2 pixels: a chessboard, turned over at
// random from cell to cell and channel to channel so that no larger pattern appears. Counted from the
// picture's corner, which G and F share.
class SignPattern {
 public:
  // For a picture like x; made once for each size, in each lane that asks.
  const Tensor& like(const Tensor& x) const;
  void forget() const { made_.clear(); }

 private:
  mutable std::map<std::array<int, 5>, Tensor> made_;
};

// (N,H,W,3) in [-1, 1]; meaningful inside the boxes only.
Tensor bounded_deid(const BoundedCode& code, const SignPattern& signs, const Layer& body, const Tensor& x,
                    const Boxes& boxes);
Tensor bounded_reid(const BoundedCode& code, const SignPattern& signs, const Layer& body, const Layer& refine,
                    const Tensor& y, const Boxes& boxes);

// The refining convolutions: 3 -> 32 -> 32 -> 32 -> 32 -> 3, 3x3, ReLU between them.
Sequential refining_layers();

}  // namespace bauta
