// Structural similarity of two pictures as something to be learned. Wang et al. 2004, "Image Quality
// Assessment", IEEE Trans. Image Processing 13(4), eq. 13; Xu et al. 2024, eq. 8.
//
//   SSIM(a, b) = mean of (2 ma mb + C1) (2 cov + C2) / ((ma^2 + mb^2 + C1) (va + vb + C2))
//
// ma, mb, va, vb, cov: means, variances and covariance under a Gaussian window of 11 x 11 pixels, sigma 1.5,
// whose weights sum to 1, wherever it lies in the picture as a whole; each channel by itself. C1 = (0.01
// L)^2, C2 = (0.03 L)^2, L the range of the values; means are taken above the lowest value, black.
#pragma once

#include "nn/ops.h"

namespace bauta {

inline constexpr int kSimilarityWindow = 11;

class StructuralSimilarity {
 public:
  // For pictures of three channels on this engine.
  explicit StructuralSimilarity(Engine& engine);

  // a, b: (N,H,W,3) in [-1, 1], float32, at least 11 x 11 pixels, or CheckError; the result (1,1,1,1), 1
  // where they are equal.
  Tensor operator()(const Tensor& a, const Tensor& b) const;

 private:
  Tensor blur(const Tensor& x) const;

  Tensor down_, across_;  // the window is the product of the two
};

}  // namespace bauta
