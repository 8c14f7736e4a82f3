// Attackers who learn nothing: they look, or use what they have got hold of.
#pragma once

#include "cyclegan/attacks/attacker.h"

namespace bauta {

// Takes each published picture by itself for what `restore` makes of it.
class UntrainedAttacker final : public Attacker {
 public:
  using Restore = std::function<Image(const FacePicture&)>;
  UntrainedAttacker(AttackerCard card, Restore restore)
      : card_(std::move(card)), restore_(std::move(restore)) {}

  AttackerCard card() const override { return card_; }
  Haul attack(std::span<const FacePicture> published, const std::function<void()>& on_step) override;

 private:
  AttackerCard card_;
  Restore restore_;
};

// Looks at the published picture.
UntrainedAttacker looking_at_deid();
// Looks at a plain mosaic: what is left when whatever else was hidden in it is wiped out.
UntrainedAttacker looking_at_mosaic();
// Has the victim's Re-ID network, and no key if there is one. Only where can_steal().
bool can_steal(const Victim& victim);
UntrainedAttacker with_stolen_network(const Victim& victim);
// Has the network, and tries a key that is not the right one. For keyed victims.
UntrainedAttacker with_wrong_key(const Victim& victim);

}  // namespace bauta
