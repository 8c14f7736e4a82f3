#include "cyclegan/training/trainer.h"

#include "cyclegan/training/losses.h"
#include "kernels/check.h"
#include "nn/tape.h"
#include "nn/uploaded.h"

namespace bauta {

namespace {

template <class A, class B>
std::vector<NamedParameter> collect_both(const A& a, const std::string& a_prefix, const B& b,
                                         const std::string& b_prefix) {
  std::vector<NamedParameter> parameters;
  a.collect(a_prefix, parameters);
  b.collect(b_prefix, parameters);
  return parameters;
}

// A weighted sum in the making.
struct Objective {
  Tensor sum;

  // Returns the term's value, off the tape: what is logged must not keep the step's tape alive.
  Tensor add(float weight, const Tensor& term) {
    sum = sum ? sum + weight * term : weight * term;
    return term.detach();
  }
};

}  // namespace

Trainer::Trainer(Engine& engine, const TrainingConfig& config)
    : config_(config),
      G_(config.generator_config(GeneratorRole::DeId)),
      F_(config.generator_config(GeneratorRole::ReId)),
      D_X_({config.ndf}),
      D_Y_({config.ndf}),
      generators_(engine, collect_both(G_, "G.", F_, "F.")),
      discriminators_(engine, collect_both(D_X_, "D_X.", D_Y_, "D_Y.")),
      generator_optimizer_(generators_),
      discriminator_optimizer_(discriminators_),
      pool_x_(config.pool),
      pool_y_(config.pool) {}

void Trainer::initialize() {
  constexpr std::uint64_t kStreamsPerNetwork = 1000;
  std::uint64_t network = 0;
  auto streams = [&] {
    return random_stream(config_.seed, RandomUse::Weights, kStreamsPerNetwork * network++).stream;
  };
  G_.initialize(config_.seed, streams());
  F_.initialize(config_.seed, streams());
  D_X_.initialize(config_.seed, streams());
  D_Y_.initialize(config_.seed, streams());
}

StepLosses Trainer::step(const TrainingBatch& batch) {
  const auto step = static_cast<std::uint64_t>(steps_done_);
  const int count = batch.x.shape().n;
  return this->step(batch, pool_x_.draw(count, random_stream(config_.seed, RandomUse::PoolX, step)),
                    pool_y_.draw(count, random_stream(config_.seed, RandomUse::PoolY, step)));
}

StepLosses Trainer::step(const TrainingBatch& batch, std::span<const int> pool_x_choices,
                         std::span<const int> pool_y_choices) {
  BAUTA_CHECK(!config_.needs_boxes() || (!batch.x_faces.empty() && !batch.y_faces.empty()),
              "this run needs face boxes");
  const float rate = learning_rate_at(config_, steps_done_);
  generator_optimizer_.set_learning_rate(rate);
  discriminator_optimizer_.set_learning_rate(rate);

  StepLosses losses;
  const Fakes fakes = teach_generators(batch, losses);
  teach_discriminators(batch, pool_x_.exchange(fakes.x, pool_x_choices),
                       pool_y_.exchange(fakes.y, pool_y_choices), losses);
  ++steps_done_;
  return losses;
}

Trainer::Fakes Trainer::teach_generators(const TrainingBatch& batch, StepLosses& losses) {
  const auto& [x, y, x_faces, y_faces] = batch;

  // The two cycles, section 4.1: X -> Y -> X and Y -> X -> Y. F gets what a file would hold.
  const Tensor fake_y = G_(x, x_faces);
  const Tensor cycle_x = F_(config_.quantize ? round_to_8_bits(fake_y) : fake_y, x_faces);
  const Tensor fake_x = F_(y, y_faces);
  const Tensor cycle_y = G_(fake_x, y_faces);

  // The objective, eq. 1: the generators' part of eqs. 2 and 3, and eq. 4.
  Objective objective;
  losses.G_adv = objective.add(config_.adversarial_deid,
                               generator_loss(config_.loss, D_Y_(with_noise(fake_y, RandomUse::NoiseY, 0))));
  losses.F_adv = objective.add(config_.adversarial_reid,
                               generator_loss(config_.loss, D_X_(with_noise(fake_x, RandomUse::NoiseX, 0))));
  losses.cycle_X = objective.add(config_.lambda, l1_loss(cycle_x, x));
  losses.cycle_Y = objective.add(config_.lambda, l1_loss(cycle_y, y));
  if (config_.identity > 0) {
    losses.identity_X = objective.add(config_.lambda * config_.identity, l1_loss(F_(x, x_faces), x));
    losses.identity_Y = objective.add(config_.lambda * config_.identity, l1_loss(G_(y, y_faces), y));
  }
  if (config_.paired > 0) losses.paired = objective.add(config_.paired, l1_loss(fake_y, mosaic(x, x_faces)));

  generator_optimizer_.step(grad({objective.sum}, generators_.trained()));
  return {fake_x.detach(), fake_y.detach()};
}

void Trainer::teach_discriminators(const TrainingBatch& batch, const Tensor& shown_x, const Tensor& shown_y,
                                   StepLosses& losses) {
  // The discriminators' part of eqs. 2 and 3, on fakes new and remembered.
  const auto step = static_cast<std::uint64_t>(steps_done_);
  Objective objective;
  losses.D_X =
      objective.add(1, discriminator_loss(config_.loss, D_X_, with_noise(batch.x, RandomUse::NoiseX, 1),
                                          with_noise(shown_x, RandomUse::NoiseX, 2),
                                          random_stream(config_.seed, RandomUse::PenaltyX, step)));
  losses.D_Y =
      objective.add(1, discriminator_loss(config_.loss, D_Y_, with_noise(batch.y, RandomUse::NoiseY, 1),
                                          with_noise(shown_y, RandomUse::NoiseY, 2),
                                          random_stream(config_.seed, RandomUse::PenaltyY, step)));
  discriminator_optimizer_.step(grad({objective.sum}, discriminators_.trained()));
}

Tensor Trainer::with_noise(const Tensor& picture, RandomUse use, std::uint64_t which) const {
  if (config_.noise <= 0) return picture;
  constexpr std::uint64_t kUsesPerStep = 3;
  const Engine& engine = picture.engine();
  const Tensor noise = Tensor::empty(picture.engine(), picture.shape());
  const auto index = static_cast<std::uint64_t>(steps_done_) * kUsesPerStep + which;
  const Uploaded<RandomStream> stream(engine, {random_stream(config_.seed, use, index)});
  engine.kernels().random_normal(noise.view(), stream.data(), 0, config_.noise, engine.context());
  return picture + noise;
}

Trainer::State Trainer::state() {
  return {generators_, discriminators_, generator_optimizer_, discriminator_optimizer_,
          pool_x_,     pool_y_,         steps_done_};
}

}  // namespace bauta
