// An inverse of De-ID taught by example: pairs of what was published and what it was made of. With the pairs
// of queries it is the attack that the paper does not run (its section 5.3 names model theft and stops at
// unpaired training); with plain mosaics, which anyone can make, it is super-resolution.
//
//   m = block means of y,  r = y - m               what is visible, and what may be hidden in it
//   z = m + g r                                    g: for each pixel and channel, least squares over the
//   pairs x' = skip(z) + refine(m, r, sign(g) r, g r)    two networks, both zero at first
//
// Nothing of the victim's formula is known. A pattern that is fixed from picture to picture, as a key or a
// carrier may be, a convolution could not see; g finds it. Where r says nothing of x, g is zero.
#pragma once

#include <memory>

#include "cyclegan/attacks/attacker.h"
#include "cyclegan/attacks/own_photographs.h"
#include "cyclegan/networks/generator.h"
#include "nn/adam.h"

namespace bauta {

struct InverseTraining {
  std::int64_t steps = 1000;
  int batch = 2;
  float learning_rate = 1e-3f;  // constant, then falling to zero over the second half
  std::uint64_t seed = 1;
};

class InverseNetwork {
 public:
  explicit InverseNetwork(Engine& engine);  // which must outlive it

  // L1 to the clear pictures. All pictures are of one size, sides as Generator wants them; at least one pair.
  // Outside the face the picture stays as it is if it does in all pairs.
  void learn(const std::vector<PublishedPair>& pairs, const InverseTraining& training,
             const std::function<void()>& on_step);
  // After learn().
  Image operator()(const FacePicture& published) const;

  // g, (1,H,W,3), for tests.
  const Tensor& gain() const { return gain_; }

 private:
  void fit_gain(const std::vector<PublishedPair>& pairs);
  Tensor estimate(const Tensor& y, const Boxes& faces) const;
  void initialize(std::uint64_t seed) const;

  Engine& engine_;
  Generator body_;
  Sequential refine_;
  Parameters parameters_;
  Tensor gain_, sign_;
  float residual_scale_ = 1;
  bool keeps_background_ = false;
};

// Has learned from so many queries.
class QueryInverse final : public Attacker {
 public:
  enum class Sees { Everything, BlocksAlone };
  // BlocksAlone: of answers and published pictures alike, to measure what the rest is worth. count: at most
  // queries.most(). Both must outlive it.
  QueryInverse(Engine& engine, Queries& queries, std::size_t count, Sees sees,
               const InverseTraining& training);

  AttackerCard card() const override;
  Haul attack(std::span<const FacePicture> published, const std::function<void()>& on_step) override;

 private:
  Engine& engine_;
  Queries& queries_;
  std::size_t count_;
  Sees sees_;
  InverseTraining training_;
};

}  // namespace bauta
