// How much of one picture's structure is in another: what the learned baselines are to take away.
#pragma once

#include "nn/ops.h"

namespace bauta {

// a, b: (N,H,W,3) in [-1, 1], sides at least kLikenessMinimum; result (1,1,1,1), 0 to 1 and differentiable.
// Of a's grey value and each of b's red, green, blue and grey:
//
//   mean over windows of 1 - sqrt(1 - r^2),   r^2 = cov(a, b)^2 / ((var a + flat) (var b + flat))
//
// once they are averaged over 2 x 2, 4 x 4 and 8 x 8 pixels (windows of 4 x 4 of those), and of how much each
// varies within 4 x 4 pixels: the mean of the four. The square counts a negative, too, as the same face, and
// the root is steepest where the two are the same, where r^2 by itself would be at rest. The averages look
// through a fine pattern that is laid over a face, and the last of the four sees it where the pattern is
// drawn with the face. Where a window of either is nearly flat it is near 0.
Tensor likeness(const Tensor& a, const Tensor& b);

inline constexpr int kLikenessMinimum = 32;

}  // namespace bauta
