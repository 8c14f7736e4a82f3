#include "cyclegan/attacks/forged.h"

#include <algorithm>

#include "cyclegan/anonymizer/translate.h"
#include "cyclegan/attacks/own_photographs.h"
#include "cyclegan/evaluation/judgement.h"
#include "cyclegan/training/training_data.h"

namespace bauta {
namespace {

const char* name_of(Forgery forgery) {
  switch (forgery) {
    case Forgery::Identical:
      return "forged-identical";
    case Forgery::Smaller:
      return "forged-smaller";
    case Forgery::Shorter:
      return "forged-shorter";
    case Forgery::OtherLoss:
      return "forged-other-loss";
    case Forgery::OfPublished:
      return "forged-unpaired";
  }
  return "?";
}

std::string difference_of(Forgery forgery, const TrainingConfig& config) {
  switch (forgery) {
    case Forgery::Identical:
      return "another seed alone";
    case Forgery::Smaller:
      return std::to_string(config.residual_blocks) + " residual blocks";
    case Forgery::Shorter:
      return "150 of 250 parts of the training";
    case Forgery::OtherLoss:
      return "the loss " + to_string(config.loss);
    case Forgery::OfPublished:
      return "the attacked De-ID pictures as its mosaics, unpaired";
  }
  return "?";
}

}  // namespace

TrainingConfig forged_config(const TrainingConfig& victim, Forgery forgery, std::int64_t steps,
                             std::uint64_t seed) {
  TrainingConfig config = victim;
  config.likeness = 0;
  config.steps = steps;
  config.seed = seed;
  if (forgery == Forgery::Smaller) config.residual_blocks = std::max(1, victim.residual_blocks * 2 / 3);
  if (forgery == Forgery::Shorter) config.steps = std::max<std::int64_t>(1, steps * 150 / 250);
  if (forgery == Forgery::OtherLoss)
    config.loss = victim.loss == AdversarialLoss::WassersteinGp ? AdversarialLoss::LeastSquares
                                                                : AdversarialLoss::WassersteinGp;
  return config;
}

ForgedSystem::ForgedSystem(Engine& engine, const SubjectSet& own, const TrainingConfig& victim,
                           Forgery forgery, std::int64_t steps, std::uint64_t seed)
    : engine_(engine), own_(own), forgery_(forgery), config_(forged_config(victim, forgery, steps, seed)) {
  check_config(config_);
}

AttackerCard ForgedSystem::card() const {
  const bool unpaired = forgery_ == Forgery::OfPublished;
  return {name_of(forgery_),
          unpaired ? "unpaired" : "forged",
          "a pair of the attacker's own, seed " + std::to_string(config_.seed) + "; it has " +
              difference_of(forgery_, config_),
          std::string("how the victim was trained, photographs of other people") +
              (unpaired ? ", the published pictures" : ""),
          false,
          0,
          config_.steps};
}

Haul ForgedSystem::attack(std::span<const FacePicture> published, const std::function<void()>& on_step) {
  enum Domain : std::uint64_t { X, Y };
  const std::vector<Subject>& own = own_.subjects;
  const bool of_published = forgery_ == Forgery::OfPublished;
  EpochOrder clear(own.size(), config_.seed, X);
  EpochOrder hidden(of_published ? published.size() : own.size(), config_.seed, Y);
  const auto batch = [&] {
    HostBatch pictures;
    for (int i = 0; i < config_.batch; ++i) {
      const Subject& x = own[clear.next()];
      pictures.x.push_back(x.clear);
      pictures.x_faces.push_back(x.face);
      const std::size_t y = hidden.next();
      pictures.y.push_back(of_published ? *published[y].picture
                                        : only_blocks(face_picture(own[y].clear, own[y])));
      pictures.y_faces.push_back(of_published ? published[y].face : own[y].face);
    }
    return to_batch(engine_, pictures);
  };
  trainer_ = std::make_unique<Trainer>(engine_, config_);
  trainer_->initialize();
  while (trainer_->steps_done() < config_.steps) {
    trainer_->step(batch());
    on_step();
  }
  const FaceNetwork F = face_network(engine_, networks().reid);
  Haul haul;
  for (const FacePicture& picture : published) haul.pictures.push_back(F(*picture.picture, picture.face));
  return haul;
}

}  // namespace bauta
