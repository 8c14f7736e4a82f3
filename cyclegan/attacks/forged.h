// Forged systems: a whole pair of networks trained by the attacker, whose F is then applied to the victim's
// pictures. Paper section 5.3, Figs. 10 to 12.
#pragma once

#include <memory>

#include "cyclegan/attacks/attacker.h"
#include "cyclegan/evaluation/subject.h"
#include "cyclegan/training/trainer.h"

namespace bauta {

// In what a forged system differs from the victim's; all have a seed of their own.
enum class Forgery {
  Identical,   // in nothing else
  Smaller,     // a third fewer residual blocks: the paper's 6 for 9
  Shorter,     // 150 of 250 epochs
  OtherLoss,   // WGAN-GP for LSGAN (LSGAN where the victim is WGAN-GP already)
  OfPublished  // its mosaic pictures are the victim's De-ID pictures that are attacked; not in the paper
};

// steps: of a training of the victim's length. Terms that need another network (likeness) are left out.
TrainingConfig forged_config(const TrainingConfig& victim, Forgery forgery, std::int64_t steps,
                             std::uint64_t seed);

class ForgedSystem final : public Attacker {
 public:
  // own: clear photographs of one size that Trainer takes, with their faces; must outlive it, as the engine.
  ForgedSystem(Engine& engine, const SubjectSet& own, const TrainingConfig& victim, Forgery forgery,
               std::int64_t steps, std::uint64_t seed);

  AttackerCard card() const override;
  Haul attack(std::span<const FacePicture> published, const std::function<void()>& on_step) override;
  // Whether attack() was called; then its networks.
  bool trained() const { return trainer_ != nullptr; }
  GeneratorPair networks() const { return trainer_->outcome(); }

 private:
  Engine& engine_;
  const SubjectSet& own_;
  Forgery forgery_;
  TrainingConfig config_;
  std::unique_ptr<Trainer> trainer_;
};

}  // namespace bauta
