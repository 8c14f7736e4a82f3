// Generators that are pixelated by construction. With m the block means of a picture inside its face box, d =
// x - m what the mosaic takes away, s = +1, -1 in a chessboard, and kappa = residual_levels / 127.5:
//
//   De-ID   y = (1 - kappa) m + kappa t,   t = clamp(s compand(d) + body(x), -1, 1)
//   Re-ID   u = (y - (1 - kappa) m) / kappa with (1 - kappa) m = the block means of y,
//           z = m + expand(s u),   x' = z + body(z)
//
//   compand(d) = asinh(d / c) / asinh(2 / c) in [-1, 1],   expand its inverse,   c = companding_levels /
//   127.5
//
// So |y - (1 - kappa) m| <= kappa whatever the body does: De-ID cannot fail open. The chessboard moves the
// face's outlines from where the eye looks to the finest texture there is: averaged over 2 x 2 pixels they
// are gone. Companding keeps small differences finely and large ones coarsely, as 8 bits allow only 2
// residual_levels + 1 steps. The body is the generator's own network without its tanh; its last convolution
// starts at zero.
#pragma once

#include <span>

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

// (N,H,W,3) in [-1, 1]; meaningful inside the boxes only.
Tensor bounded_deid(const BoundedCode& code, const Layer& body, const Tensor& x,
                    std::span<const MosaicBox> boxes);
Tensor bounded_reid(const BoundedCode& code, const Layer& body, const Tensor& y,
                    std::span<const MosaicBox> boxes);

}  // namespace bauta
