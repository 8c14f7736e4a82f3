// Who attacks, what they know, and what they come back with. Paper section 5.3.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "cyclegan/evaluation/method.h"
#include "cyclegan/evaluation/recognition.h"
#include "cyclegan/training/config.h"

namespace bauta {

// What is attacked.
struct Victim {
  const Method* method = nullptr;
  TrainingConfig training;  // as far as it is public: whoever forges the networks begins with it
};

// Who it is, and what it took.
struct AttackerCard {
  std::string name;    // "query-1000"
  std::string family;  // as --attackers names it: "query"
  std::string what;
  std::string knowledge;
  bool blocks_alone = false;  // sees nothing beyond the colours of the blocks: one of the floor
  std::int64_t queries = 0;   // photographs that the victim's De-ID was asked for
  std::int64_t steps = 0;     // of training
};

struct Haul {
  // What the published pictures are taken to have been, one for each; none where only identity is guessed.
  std::vector<Image> pictures;
  // One for each published picture, in the space of the opinion called guessed_as; else pictures are
  // embedded.
  Embeddings guesses;
  std::string guessed_as;
  // What photographs of a gallery are made into before they are compared; nothing: they stay as they are.
  std::function<Image(const FacePicture&)> as_gallery;
};

// Sees published pictures and photographs of its own, never the clear pictures that it is judged by.
class Attacker {
 public:
  virtual ~Attacker() = default;

  virtual AttackerCard card() const = 0;
  // Learns what it has to, calling on_step after each of card().steps steps, and attacks. published: of one
  // size, as 8-bit files gave them; outlive the call.
  virtual Haul attack(std::span<const FacePicture> published, const std::function<void()>& on_step) = 0;
};

}  // namespace bauta
