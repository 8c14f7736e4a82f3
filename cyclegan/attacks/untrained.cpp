#include "cyclegan/attacks/untrained.h"

#include "cyclegan/attacks/own_photographs.h"

namespace bauta {

Haul UntrainedAttacker::attack(std::span<const FacePicture> published, const std::function<void()>&) {
  Haul haul;
  for (const FacePicture& picture : published) haul.pictures.push_back(restore_(picture));
  return haul;
}

UntrainedAttacker looking_at_deid() {
  return {{"deid", "nothing", "the De-ID picture as it is", "the published pictures"},
          [](const FacePicture& picture) { return *picture.picture; }};
}

UntrainedAttacker looking_at_mosaic() {
  return {{"mosaic", "nothing", "a plain mosaic of the same blocks", "the visible blocks", true},
          only_blocks};
}

bool can_steal(const Victim& victim) {
  return victim.method->reversible() && (!victim.method->keyed() || victim.method->restores_without_key());
}

UntrainedAttacker with_stolen_network(const Victim& victim) {
  if (victim.method->keyed())
    return {
        {"stolen", "stolen", "the victim's own Re-ID network without the key", "the Re-ID network"},
        [method = victim.method](const FacePicture& picture) { return method->restore(picture, Key::None); }};
  return {{"stolen", "stolen", "the victim's own Re-ID network; this method has no key", "the Re-ID network"},
          [method = victim.method](const FacePicture& picture) { return method->restore(picture); }};
}

UntrainedAttacker with_wrong_key(const Victim& victim) {
  return {
      {"wrong-key", "wrong-key", "the victim's own Re-ID with a key that was guessed wrong",
       "all but the key"},
      [method = victim.method](const FacePicture& picture) { return method->restore(picture, Key::Wrong); }};
}

}  // namespace bauta
