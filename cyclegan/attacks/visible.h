// What the visible blocks alone give away: the floor that no way of hiding the rest can get below. These
// attackers are shown plain mosaics.
#pragma once

#include "cyclegan/attacks/inverse.h"

namespace bauta {

// Compares with a gallery under the same mosaic ("parrot recognition", McPherson et al. 2016).
class MosaickedGallery final : public Attacker {
 public:
  AttackerCard card() const override;
  Haul attack(std::span<const FacePicture> published, const std::function<void()>& on_step) override;
};

// A matcher that was adapted to mosaics: a small network from the face's block colours, brought to
// kSide x kSide pixels, to what the opinion's network says of the clear face.
class AdaptedMatcher final : public Attacker {
 public:
  static constexpr int kSide = 40;
  // own: photographs with the faces' locations, at least one with; all must outlive it. blocks: across a
  // face, of the mosaics that it will be shown.
  AdaptedMatcher(Engine& engine, const SubjectSet& own, const Embeddings& own_embeddings,
                 const Opinion& opinion, int blocks, std::int64_t steps, std::uint64_t seed);

  AttackerCard card() const override;
  Haul attack(std::span<const FacePicture> published, const std::function<void()>& on_step) override;

 private:
  Engine& engine_;
  const SubjectSet& own_;
  const Embeddings& embeddings_;
  Opinion opinion_;
  int blocks_;
  std::int64_t steps_;
  std::uint64_t seed_;
};

// Super-resolution, then whoever compares: InverseNetwork taught with mosaics of one's own photographs.
class SuperResolution final : public Attacker {
 public:
  SuperResolution(Engine& engine, const SubjectSet& own, int blocks, const InverseTraining& training);

  AttackerCard card() const override;
  Haul attack(std::span<const FacePicture> published, const std::function<void()>& on_step) override;

 private:
  Engine& engine_;
  const SubjectSet& own_;
  int blocks_;
  InverseTraining training_;
};

}  // namespace bauta
