#include "cyclegan/training/trainer.h"

#include <functional>

#include "cyclegan/networks/pictures.h"
#include "cyclegan/training/likeness.h"
#include "cyclegan/training/losses.h"
#include "kernels/check.h"
#include "nn/tape.h"

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
  std::vector<Tensor> terms;
  std::vector<float> weights;

  // Returns the term's value, off the tape: what is logged must not keep the step's tape alive.
  Tensor add(float weight, const Tensor& term) {
    terms.push_back(term);
    weights.push_back(weight);
    return term.detach();
  }
  // Puts what the parameters are to learn into `gradients`; returns the gradient of `input`.
  Tensor back(Gradients& gradients, const Tensor& input) const {
    return backward(terms, weights, gradients, input);
  }
  void back(Gradients& gradients) const { backward(terms, weights, gradients); }
};

// The same values, at which a gradient is to be asked for.
Tensor leaf(const Tensor& x) { return x.detach().set_requires_grad(); }

// deviation of the half range; 0 leaves the picture as it is
Tensor with_noise(const Tensor& picture, float deviation, const RandomStream* stream) {
  if (deviation <= 0) return picture;
  Engine& engine = picture.engine();
  const Tensor noise = Tensor::empty(engine, picture.shape(), picture.dtype());
  engine.kernels().random_normal(noise.view(), stream, 0, deviation, engine.context());
  return picture + noise;
}

// Puts values where a recorded step reads them: into what is there already, if it has their size.
void take(Engine& engine, Tensor& place, const Tensor& from) {
  if (!from || !engine.kernels().graphs) {
    place = from;
    return;
  }
  if (!place || place.shape() != from.shape()) place = Tensor::empty(engine, from.shape(), from.dtype());
  engine.kernels().copy_within(place.view().data, from.view().data,
                               from.shape().count() * bytes_of(from.dtype()), engine.context());
}

void take(Engine& engine, Boxes& place, const Boxes& from) {
  if (from.empty() || !engine.kernels().graphs) {
    place = from;
    return;
  }
  if (place.size() != from.size()) place = Boxes(engine, from.size());
  engine.kernels().copy_within(place.data(), from.data(), from.size() * sizeof(MosaicBox), engine.context());
}

}  // namespace

Trainer::Trainer(Engine& engine, const TrainingConfig& config, const IdentityNetwork* judge)
    : config_(config),
      judge_(judge),
      G_(config.generator_config(GeneratorRole::DeId)),
      F_(config.generator_config(GeneratorRole::ReId)),
      D_X_({config.ndf}),
      D_Y_({config.ndf}),
      generators_(engine, collect_both(G_, "G.", F_, "F.")),
      discriminators_(engine, collect_both(D_X_, "D_X.", D_Y_, "D_Y.")),
      generator_optimizer_(generators_),
      discriminator_optimizer_(discriminators_),
      pool_x_(config.pool),
      pool_y_(config.pool),
      streams_(engine, 1),
      recorded_(engine) {
  BAUTA_CHECK(config.likeness <= 0 || judge, "who judges likeness?");
  if (config.ssim > 0) ssim_.emplace(engine);
  if (config.average > 0) averaged_.emplace(engine, config, generators_);
}

Trainer::Averaged::Averaged(Engine& engine, const TrainingConfig& config, const Parameters& generators)
    : G(config.generator_config(GeneratorRole::DeId)),
      F(config.generator_config(GeneratorRole::ReId)),
      parameters(engine, collect_both(G, "G.", F, "F.")),
      average(generators, config.average) {}

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
  generators_.publish();
  discriminators_.publish();
}

StepLosses Trainer::step(const TrainingBatch& batch) {
  const auto step = static_cast<std::uint64_t>(steps_done_);
  const int count = batch.x.shape().n;
  return this->step(batch, pool_x_.draw(count, random_stream(config_.seed, RandomUse::PoolX, step)),
                    pool_y_.draw(count, random_stream(config_.seed, RandomUse::PoolY, step)));
}

StepLosses Trainer::step(const TrainingBatch& batch, std::span<const int> pool_x_choices,
                         std::span<const int> pool_y_choices) {
  prepare(batch, pool_x_choices, pool_y_choices);
  recorded_.run([this] {
    losses_ = {};
    if (config_.keyed())
      teach_keyed_generators();
    else
      teach_discriminators(teach_generators());
  });
  ++steps_done_;
  return losses_;
}

// Puts all that changes from step to step where the recorded step reads it.
void Trainer::prepare(const TrainingBatch& batch, std::span<const int> pool_x_choices,
                      std::span<const int> pool_y_choices) {
  BAUTA_CHECK(!config_.needs_boxes() || (!batch.x_faces.empty() && !batch.y_faces.empty()),
              "this run needs face boxes");
  Engine& engine = generators_.flat().engine();
  if (batch_.x && batch_.x.shape() != batch.x.shape()) recorded_.forget();
  take(engine, batch_.x, batch.x);
  take(engine, batch_.y, batch.y);
  take(engine, batch_.x_faces, batch.x_faces);
  take(engine, batch_.y_faces, batch.y_faces);
  SmallCopies copies;
  pool_x_.choose(engine, batch.x.shape(), pool_x_choices, copies);
  pool_y_.choose(engine, batch.y.shape(), pool_y_choices, copies);

  const float rate = learning_rate_at(config_, steps_done_);
  generator_optimizer_.set_learning_rate(rate, copies);
  discriminator_optimizer_.set_learning_rate(rate, copies);

  StepStreams streams;
  const auto step = static_cast<std::uint64_t>(steps_done_);
  constexpr std::uint64_t kUses = 3;
  for (std::uint64_t use = 0; use < kUses; ++use) {
    streams.noise_x[use] = random_stream(config_.seed, RandomUse::NoiseX, step * kUses + use);
    streams.noise_y[use] = random_stream(config_.seed, RandomUse::NoiseY, step * kUses + use);
  }
  streams.penalty_x = random_stream(config_.seed, RandomUse::PenaltyX, step);
  streams.penalty_y = random_stream(config_.seed, RandomUse::PenaltyY, step);
  streams.loop_noise = random_stream(config_.seed, RandomUse::LoopNoise, step);
  copies.add(streams_.data(), streams);
  copies.send(engine);
}

// The objective, eq. 1: the generators' part of eqs. 2 and 3, and eq. 4. Its two cycles, section 4.1, need
// nothing of each other. Their gradients go back in two halves, down to the fakes and from there on: side by
// side, so that in each half the cycles teach different generators; or else a cycle at once, so that no
// network's tensors wait for the other cycle.
Trainer::Fakes Trainer::teach_generators() {
  const auto& [x, y, x_faces, y_faces] = batch_;
  const StepStreams& streams = *streams_.data();
  Engine& engine = x.engine();
  Gradients& gradients = generator_optimizer_.gradients();
  Tensor fake_x, fake_y, d_fake_x, d_fake_y;

  // Back before the cycle goes on: the discriminator's tensors make room for it.
  const auto fool = [&](const Discriminator& D, const Tensor& fake, float weight, const RandomStream* noise,
                        Tensor& loss) {
    Objective objective;
    loss = objective.add(weight, generator_loss(config_.loss, D(with_noise(fake, config_.noise, noise))));
    return objective.back(gradients, fake);
  };
  const auto teach_F = [&] {  // X -> Y -> X. F gets what a file would hold, mildly damaged.
    fake_y = G_(x, x_faces);
    const Tensor seen = leaf(fake_y);
    d_fake_y = fool(D_Y_, seen, config_.adversarial_deid, &streams.noise_y[0], losses_.G_adv);
    const Tensor damaged = with_noise(seen, config_.loop_noise / kLevelsPerHalfRange, &streams.loop_noise);
    const Tensor cycle_x = F_(config_.quantize ? round_to_8_bits(damaged) : damaged, x_faces);
    Objective objective;
    losses_.cycle_X = objective.add(config_.lambda, l1_loss(cycle_x, x));
    if (ssim_) losses_.ssim_X = objective.add(config_.ssim, affine((*ssim_)(cycle_x, x), -1, 1));
    if (config_.likeness > 0)
      losses_.unlike_X = objective.add(config_.likeness, unlikeness(*judge_, cycle_x, x, x_faces));
    if (config_.identity > 0)
      losses_.identity_X = objective.add(config_.lambda * config_.identity, l1_loss(F_(x, x_faces), x));
    if (config_.paired > 0) losses_.paired = objective.add(config_.paired, l1_loss(seen, mosaic(x, x_faces)));
    d_fake_y = d_fake_y + objective.back(gradients, seen);
  };
  const auto teach_G = [&] {  // Y -> X -> Y
    fake_x = F_(y, y_faces);
    const Tensor seen = leaf(fake_x);
    d_fake_x = fool(D_X_, seen, config_.adversarial_reid, &streams.noise_x[0], losses_.F_adv);
    const Tensor cycle_y = G_(seen, y_faces);
    Objective objective;
    losses_.cycle_Y = objective.add(config_.lambda, l1_loss(cycle_y, y));
    if (config_.identity > 0)
      losses_.identity_Y = objective.add(config_.lambda * config_.identity, l1_loss(G_(y, y_faces), y));
    d_fake_x = d_fake_x + objective.back(gradients, seen);
  };
  const auto second_half = [&gradients](Tensor& fake, const Tensor& d_fake) {
    backward(fake, d_fake, gradients);
    fake = fake.detach();
  };
  const auto teach_G_more = [&] { second_half(fake_y, d_fake_y); };
  const auto teach_F_more = [&] { second_half(fake_x, d_fake_x); };
  if (engine.lanes() > 1) {
    engine.side_by_side({teach_F, teach_G});
    engine.side_by_side({teach_G_more, teach_F_more});
  } else {
    for (const auto& teach :
         std::initializer_list<std::function<void()>>{teach_F, teach_G_more, teach_G, teach_F_more})
      teach();
  }
  generator_optimizer_.step();
  if (averaged_) averaged_->average.add();
  return {fake_x, fake_y};
}

// Eq. 4 alone, X -> Y -> X: what is published of Y is noise whatever they do.
void Trainer::teach_keyed_generators() {
  const auto& [x, y, x_faces, y_faces] = batch_;
  const Tensor cycle_x = F_(G_(x, x_faces), x_faces);
  Objective objective;
  losses_.cycle_X = objective.add(config_.lambda, l1_loss(cycle_x, x));
  if (ssim_) losses_.ssim_X = objective.add(config_.ssim, affine((*ssim_)(cycle_x, x), -1, 1));
  objective.back(generator_optimizer_.gradients());
  generator_optimizer_.step();
  if (averaged_) averaged_->average.add();
}

// The discriminators' part of eqs. 2 and 3, on fakes new and remembered.
void Trainer::teach_discriminators(const Fakes& fakes) {
  const StepStreams& streams = *streams_.data();
  Gradients& gradients = discriminator_optimizer_.gradients();
  const auto teach = [&](const Discriminator& D, const Tensor& real, const Tensor& fake, ImagePool& pool,
                         const RandomStream* noise, const RandomStream* penalty, Tensor& loss) {
    const Tensor term = discriminator_loss(
        config_.loss, D, with_noise(real, config_.noise, &noise[1]),
        with_noise(pool.exchange(cast(fake, fake.engine().storage())), config_.noise, &noise[2]), penalty);
    backward({term}, {1}, gradients);
    loss = term.detach();
  };
  batch_.x.engine().side_by_side({
      [&] { teach(D_X_, batch_.x, fakes.x, pool_x_, streams.noise_x, &streams.penalty_x, losses_.D_X); },
      [&] { teach(D_Y_, batch_.y, fakes.y, pool_y_, streams.noise_y, &streams.penalty_y, losses_.D_Y); },
  });
  discriminator_optimizer_.step();
}

GeneratorPair Trainer::outcome() const {
  if (!averaged_ || steps_done_ == 0) return latest();
  averaged_->average.write(averaged_->parameters, steps_done_);
  return {averaged_->G, averaged_->F};
}

Trainer::State Trainer::state() {
  return {generators_,
          discriminators_,
          generator_optimizer_,
          discriminator_optimizer_,
          averaged_ ? &averaged_->average : nullptr,
          pool_x_,
          pool_y_,
          steps_done_};
}

}  // namespace bauta
