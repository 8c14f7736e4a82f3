// The adversarial losses. Paper eqs. 2 and 3 (whose G in eq. 3 should read F), section 5.3.
#pragma once

#include "cyclegan/networks/discriminator.h"
#include "cyclegan/training/config.h"

namespace bauta {

// How far a generator is from fooling the discriminator whose verdict on its picture this is; (1,1,1,1).
Tensor generator_loss(AdversarialLoss loss, const Tensor& verdict_on_fake);

// How far a discriminator is from telling real from fake; half the sum for lsgan and log, as in the
// reference. penalty_stream, in the backend's memory: where wgan-gp takes its points between real and fake
// from.
Tensor discriminator_loss(AdversarialLoss loss, const Discriminator& discriminator, const Tensor& real,
                          const Tensor& fake, const RandomStream* penalty_stream);

}  // namespace bauta
