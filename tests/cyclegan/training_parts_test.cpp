// The parts of a training: schedule, pool, losses.
#include "cyclegan/training/image_pool.h"

#include <array>

#include "cyclegan/training/losses.h"
#include "kernels/check.h"
#include "nn/tape.h"
#include "tests/compare.h"

namespace bauta::test {

TEST_CASE("the learning rate is constant, then falls linearly towards zero") {
  TrainingConfig config;
  config.steps = 100;
  config.learning_rate = 1;
  config.decay_from = 0.5f;
  CHECK(learning_rate_at(config, 0) == 1);
  CHECK(learning_rate_at(config, 49) == 1);
  CHECK(learning_rate_at(config, 50) == doctest::Approx(1 - 1.0 / 51));
  CHECK(learning_rate_at(config, 99) == doctest::Approx(1.0 / 51));
  config.decay_from = 1;
  CHECK(learning_rate_at(config, 99) == 1);
}

TEST_CASE("random streams differ by use and by index, and repeat") {
  const auto a = random_stream(1, RandomUse::Order, 0), b = random_stream(1, RandomUse::Order, 1),
             c = random_stream(1, RandomUse::Mirror, 0), d = random_stream(2, RandomUse::Order, 0);
  CHECK(a.block(0) == random_stream(1, RandomUse::Order, 0).block(0));
  CHECK(a.block(0) != b.block(0));
  CHECK(a.block(0) != c.block(0));
  CHECK(a.block(0) != d.block(0));
}

namespace {

// What a pool shows for a picture full of one value.
float shown(Engine& engine, ImagePool& pool, float value, int choice) {
  const Tensor fake = Tensor::full(engine, {1, 2, 2, 3}, value);
  SmallCopies copies;
  pool.choose(engine, fake.shape(), std::array{choice}, copies);
  copies.send(engine);
  return pool.exchange(fake).values()[0];
}

}  // namespace

TEST_CASE("the pool fills, then shows the new picture or an old one that it replaces") {
  Engine engine;
  ImagePool pool(2);
  constexpr int kNew = ImagePool::kShowNew;
  CHECK(shown(engine, pool, 1, kNew) == 1);
  CHECK(shown(engine, pool, 2, kNew) == 2);
  CHECK(pool.pictures().size() == 2);
  CHECK(shown(engine, pool, 3, kNew) == 3);  // full: shown, not remembered
  CHECK(pool.pictures().size() == 2);
  CHECK(shown(engine, pool, 4, 0) == 1);
  CHECK(pool.pictures()[0].values()[0] == 4);
  CHECK_THROWS_AS(shown(engine, pool, 5, 2), CheckError);

  ImagePool other(2);
  other.restore(pool.pictures());
  CHECK(other.pictures()[0].values()[0] == 4);
  CHECK(other.pictures()[1].values()[0] == 2);
}

TEST_CASE("a full pool shows old pictures half of the time; one without room always the new one") {
  Engine engine;
  ImagePool pool(4), none(0);
  for (int i = 0; i < 4; ++i) shown(engine, pool, 1, ImagePool::kShowNew);
  int old = 0;
  constexpr int kDraws = 2000;
  for (int i = 0; i < kDraws; ++i) {
    const auto stream = random_stream(1, RandomUse::PoolX, static_cast<std::uint64_t>(i));
    const int choice = pool.draw(1, stream)[0];
    CHECK(choice < 4);
    if (choice != ImagePool::kShowNew) ++old;
    CHECK(none.draw(1, stream)[0] == ImagePool::kShowNew);
  }
  CHECK(old > kDraws * 0.46);
  CHECK(old < kDraws * 0.54);
}

TEST_CASE("adversarial losses: what each rewards") {
  Engine engine;
  const Discriminator discriminator({2});
  std::vector<NamedParameter> named;
  discriminator.collect("", named);
  const Parameters parameters(engine, named);
  discriminator.initialize(1, 0);
  for (auto loss : {AdversarialLoss::LeastSquares, AdversarialLoss::Log, AdversarialLoss::WassersteinGp}) {
    CAPTURE(to_string(loss));
    CHECK(adversarial_loss(to_string(loss)) == loss);
    // A generator is rewarded when its picture is taken for real.
    const Tensor low = Tensor::full(engine, {1, 2, 2, 1}, -1), high = Tensor::full(engine, {1, 2, 2, 1}, 1);
    CHECK(generator_loss(loss, high).item() < generator_loss(loss, low).item());
  }
  CHECK_THROWS_AS(adversarial_loss("hinge"), CheckError);
}

TEST_CASE("wgan-gp: the penalty's gradient to the discriminator's weights equals central differences") {
  Engine engine;
  const Discriminator discriminator({2});
  std::vector<NamedParameter> named;
  discriminator.collect("", named);
  const Parameters parameters(engine, named);
  initialize_normal(parameters.named(), 0.3f, 5, 0);
  const Shape shape{2, 24, 24, 3};
  const Tensor real = Tensor::from(engine, shape, random_array(shape, 1).values);
  const Tensor fake = Tensor::from(engine, shape, random_array(shape, 2).values);
  const RandomStream stream = random_stream(1, RandomUse::PenaltyX, 0);
  auto loss = [&] {
    return discriminator_loss(AdversarialLoss::WassersteinGp, discriminator, real, fake, &stream);
  };
  const std::vector<Tensor> gradients = grad({loss()}, parameters.trained());
  // The last convolution and a few weights of each layer; every third weight of all would take minutes.
  for (std::size_t p = 0; p < gradients.size(); ++p) {
    const std::vector<float> analytic = gradients[p].values();
    float* weight = parameters.trained()[p].view().floats();
    double scale = 0;
    for (float g : analytic) scale = std::max(scale, std::abs(static_cast<double>(g)));
    for (std::size_t i = 0; i < analytic.size(); i += analytic.size() / 3 + 1) {
      CAPTURE(p);
      CAPTURE(i);
      constexpr float kStep = 1e-3f;
      const float before = weight[i];
      weight[i] = before + kStep;
      const double above = static_cast<double>(loss().item());
      weight[i] = before - kStep;
      const double below = static_cast<double>(loss().item());
      weight[i] = before;
      const double numerical = (above - below) / (2 * static_cast<double>(kStep));
      CHECK(std::abs(numerical - static_cast<double>(analytic[i])) <= 0.03 * scale + 2e-2);
    }
  }
}

}  // namespace bauta::test
