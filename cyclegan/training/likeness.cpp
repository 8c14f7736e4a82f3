#include "cyclegan/training/likeness.h"

namespace bauta {

namespace {

constexpr float kGrowth = 1.15f;

}  // namespace

Tensor unlikeness(const IdentityNetwork& judge, const Tensor& a, const Tensor& b, const Boxes& faces) {
  const auto embedding = [&](const Tensor& x) { return judge(box_cut(x, faces, kGrowth, judge.side())); };
  const Tensor cosines = sum(embedding(a) * embedding(b.detach()));
  return affine(cosines, -1 / static_cast<float>(a.shape().n), 1);
}

}  // namespace bauta
