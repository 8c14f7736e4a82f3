// Losses, each with its gradient in the same pass. Means over all elements; loss is one float32 (1,1,1,1),
// the others are of one shape and stored alike. Of no elements there is no mean: CheckError.
//
//   l1           loss = mean |a - b|                 da = sign(a - b) / count  (db = -da)   paper eq. 4
//   lsgan        loss = mean (x - target)^2          dx = 2 (x - target) / count            Mao et al. 2017
//   log          loss = mean softplus(x) - target x  dx = (sigmoid(x) - target) / count     paper eqs. 2, 3
//                (the cross-entropy of sigmoid(x) against target in {0, 1}; x is the logit)
//   wasserstein  loss = mean sign x                  dx = sign / count           Arjovsky et al. 2017, eq. 3
//                (sign 1 for what the critic shall rate low: its fakes; -1 for what it shall rate high: its
//                reals, and the generator's pictures; CheckError for another)
#pragma once

#include "kernels/launcher.h"

namespace bauta::BAUTA_BACKEND {

void l1_loss(View loss, View da, ConstView a, ConstView b, const Context& ctx);
void lsgan_loss(View loss, View dx, ConstView x, float target, const Context& ctx);
void log_loss(View loss, View dx, ConstView x, float target, const Context& ctx);
void wasserstein_loss(View loss, View dx, ConstView x, float sign, const Context& ctx);

}  // namespace bauta::BAUTA_BACKEND
