#include "cyclegan/baselines/teacher.h"

#include <string>
#include <utility>

#include "cyclegan/baselines/likeness.h"
#include "cyclegan/training/batch_loader.h"
#include "cyclegan/training/losses.h"
#include "io/file_error.h"
#include "kernels/check.h"
#include "nn/tape.h"

namespace bauta {
namespace {

std::vector<NamedParameter> collected(const Discriminator& discriminator) {
  std::vector<NamedParameter> parameters;
  discriminator.collect("D.", parameters);
  return parameters;
}

// The cosine of a pair of people, the mean over pictures; 0 where they point apart.
Tensor likeness_of_identity(const Tensor& a, const Tensor& b) {
  return relu(scale(sum(a * b), 1 / static_cast<float>(a.shape().n)));
}

}  // namespace

TrainingConfig BaselineTraining::course() const {
  TrainingConfig config;
  config.composite = true;  // face boxes are needed
  config.ngf = ngf;
  config.ndf = ndf;
  config.batch = batch;
  config.steps = steps;
  config.learning_rate = learning_rate;
  config.seed = seed;
  return config;
}

BaselineTeacher::BaselineTeacher(Engine& engine, const BaselineTraining& training, IdentityFeatures identity)
    : engine_(engine),
      training_(training),
      identity_(std::move(identity)),
      networks_(engine, training.kind, training.ngf),
      discriminator_({training.ndf}),
      discriminator_parameters_(engine, collected(discriminator_)),
      optimizer_(networks_.parameters()),
      discriminator_optimizer_(discriminator_parameters_) {
  check_config(training.course());
  for (const float weight : {training.restored, training.hidden, training.different, training.wrong,
                             training.adversarial, training.identity})
    BAUTA_CHECK(weight >= 0 && weight <= 1e6f, "a weight is ", weight);
  constexpr std::uint64_t kStreamsOfNetworks = 2000;
  const std::uint64_t streams = random_stream(training.seed, RandomUse::Weights).stream;
  networks_.initialize(training.seed, streams);
  discriminator_.initialize(training.seed, streams + kStreamsOfNetworks);
  discriminator_parameters_.publish();
}

BaselineTeacher::Losses BaselineTeacher::step(const TrainingBatch& batch) {
  BAUTA_CHECK(!batch.x_faces.empty(), "the pictures have no face boxes");
  const float rate = learning_rate_at(training_.course(), steps_done_);
  optimizer_.set_learning_rate(rate);
  constexpr float kDiscriminatorPart = 0.2f;  // quicker, it soon is too sure of itself to teach anything
  discriminator_optimizer_.set_learning_rate(kDiscriminatorPart * rate);
  Tensor fake;
  Losses losses = teach_networks(batch, fake);
  if (training_.adversarial > 0) losses.discriminator = teach_discriminator(batch.x, fake);
  ++steps_done_;
  return losses;
}

BaselineTeacher::Losses BaselineTeacher::teach_networks(const TrainingBatch& batch, Tensor& fake) {
  const Tensor& x = batch.x;
  const Boxes& faces = batch.x_faces;
  const auto draw_password = [&](std::uint64_t which) {
    if (training_.kind != LearnedKind::Password) return Tensor();
    const auto index = 2 * static_cast<std::uint64_t>(steps_done_) + which;
    return make_password(engine_, random_stream(training_.seed, RandomUse::Password, index));
  };
  Losses losses;
  std::vector<Tensor> terms;
  std::vector<float> weights;
  const auto learn = [&](Tensor& logged, float weight, const Tensor& term) {
    if (weight <= 0) return;
    terms.push_back(term);
    weights.push_back(weight);
    logged = term.detach();
  };

  const Tensor p = draw_password(0);
  const Tensor y = networks_.hide(x, p, faces);
  const Tensor published = round_to_8_bits(y);
  learn(losses.restored, training_.restored, l1_loss(networks_.restore(published, p, faces), x));
  Tensor alike = likeness(x, y);
  if (training_.kind == LearnedKind::Password) {
    const Tensor q = draw_password(1);
    const Tensor y2 = networks_.hide(x, q, faces);
    alike = 0.5f * (alike + likeness(x, y2));
    learn(losses.different, training_.different, likeness(y, y2));
    learn(losses.wrong, training_.wrong, likeness(x, networks_.restore(published, q, faces)));
  }
  learn(losses.hidden, training_.hidden, alike);
  if (training_.adversarial > 0)
    learn(losses.adversarial, training_.adversarial,
          generator_loss(AdversarialLoss::LeastSquares, discriminator_(y)));
  if (identity_)
    learn(losses.identity, training_.identity,
          likeness_of_identity(identity_(x, faces).detach(), identity_(y, faces)));

  backward(terms, weights, optimizer_.gradients());
  optimizer_.step();
  fake = y.detach();
  return losses;
}

Tensor BaselineTeacher::teach_discriminator(const Tensor& real, const Tensor& fake) {
  const Tensor loss = discriminator_loss(AdversarialLoss::LeastSquares, discriminator_, real, fake, nullptr);
  backward({loss}, {1}, discriminator_optimizer_.gradients());
  discriminator_optimizer_.step();
  return loss.detach();
}

void train_baseline(BaselineTeacher& teacher, Engine& engine, const BaselineTraining& training,
                    const TrainingData& data, const std::function<bool()>& stop,
                    const std::function<void(const BaselineTeacher::Losses&)>& on_step) {
  const TrainingConfig course = training.course();
  const int size = data.dataset().size;
  if (size % UNet::kSizeMultiple != 0 || size < kLikenessMinimum)
    throw FileError(data.dataset().clear_files.front().parent_path(),
                    "its pictures are " + std::to_string(size) + " pixels wide",
                    "prepare them with a --size that is a multiple of " +
                        std::to_string(UNet::kSizeMultiple) + " and at least " +
                        std::to_string(kLikenessMinimum));
  BatchLoader loader(engine, data, course, teacher.steps_done());
  while (teacher.steps_done() < course.steps && !stop()) on_step(teacher.step(loader.next()));
}

}  // namespace bauta
