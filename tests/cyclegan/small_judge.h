// An identity network small enough to train against in a test.
#pragma once

#include "cyclegan/faces/identity_network.h"
#include "nn/ops.h"

namespace bauta::test {

// Sees a face as the mean colours of its 4 x 4 parts, their mean taken away.
class SmallJudge final : public IdentityNetwork {
 public:
  explicit SmallJudge(Engine& engine) : IdentityNetwork(engine) {}
  Image cut(const Image& photo, const FaceLocation&) const override { return photo; }
  int side() const override { return 12; }
  int dimensions() const override { return 48; }

 private:
  Tensor features(const Tensor& cuts) const override {
    const Tensor parts = reshape(avg_pool(cuts, {.size = 3, .stride = 3}), {cuts.shape().n, 1, 1, 48});
    const Tensor mean = scale(reduce_sum(parts, {cuts.shape().n, 1, 1, 1}), 1.0f / 48);
    return parts - broadcast(mean, parts.shape());
  }
};

}  // namespace bauta::test
