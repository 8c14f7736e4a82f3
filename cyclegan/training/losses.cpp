#include "cyclegan/training/losses.h"

#include "nn/tape.h"

namespace bauta {

namespace {

constexpr float kReal = 1, kFake = 0;
constexpr float kRateHigh = -1, kRateLow = 1;  // a critic's signs in the Wasserstein loss
constexpr float kPenaltyWeight = 10;

// mean over pictures of (|gradient of D at a point between real and fake| - 1)^2
Tensor gradient_penalty(const Discriminator& discriminator, const Tensor& real, const Tensor& fake,
                        const RandomStream* stream) {
  Engine& engine = real.engine();
  const Shape one_a_picture{real.shape().n, 1, 1, 1};
  const Tensor fractions = Tensor::empty(engine, one_a_picture, real.dtype());
  engine.kernels().random_uniform(fractions.view(), stream, engine.context());
  const Tensor fraction = broadcast(fractions, real.shape());
  Tensor between = (fake.detach() + fraction * (real.detach() - fake.detach())).detach();
  between.set_requires_grad();

  const Tensor verdict = discriminator(between);
  const Tensor slope = grad({verdict}, {between}, {}, true)[0];
  const Tensor squared =
      affine(reduce_sum(slope * slope, one_a_picture), 1, 1e-12f);  // its root has a gradient at 0
  const Tensor excess = affine(squared * rsqrt(squared), 1, -1);
  return scale(mean(excess * excess), kPenaltyWeight);
}

}  // namespace

Tensor generator_loss(AdversarialLoss loss, const Tensor& verdict_on_fake) {
  switch (loss) {
    case AdversarialLoss::LeastSquares:
      return lsgan_loss(verdict_on_fake, kReal);
    case AdversarialLoss::Log:
      return log_loss(verdict_on_fake, kReal);
    case AdversarialLoss::WassersteinGp:
      break;
  }
  return wasserstein_loss(verdict_on_fake, kRateHigh);
}

Tensor discriminator_loss(AdversarialLoss loss, const Discriminator& discriminator, const Tensor& real,
                          const Tensor& fake, const RandomStream* penalty_stream) {
  const Tensor on_real = discriminator(real), on_fake = discriminator(fake.detach());
  switch (loss) {
    case AdversarialLoss::LeastSquares:
      return 0.5f * (lsgan_loss(on_real, kReal) + lsgan_loss(on_fake, kFake));
    case AdversarialLoss::Log:
      return 0.5f * (log_loss(on_real, kReal) + log_loss(on_fake, kFake));
    case AdversarialLoss::WassersteinGp:
      break;
  }
  return wasserstein_loss(on_real, kRateHigh) + wasserstein_loss(on_fake, kRateLow) +
         gradient_penalty(discriminator, real, fake, penalty_stream);
}

}  // namespace bauta
