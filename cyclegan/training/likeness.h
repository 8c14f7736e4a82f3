// How like the restored face is to the clear one, as a network that tells people apart sees it: what keeps
// who somebody is, beside what keeps each pixel. Not CycleGAN's identity loss, which is about pictures that
// need no translation.
#pragma once

#include "cyclegan/faces/identity_network.h"
#include "nn/ops.h"

namespace bauta {

// 1 - cosine of the embeddings, the mean over the pictures; (1,1,1,1). a, b: (N,H,W,3) in [-1, 1], float32,
// whose faces are cut out along the boxes, grown as FaceNet's cuts are (faces/alignment.h). The boxes are the
// cascade's here, not YuNet's. b is what is to be reached: no gradient goes there.
Tensor unlikeness(const IdentityNetwork& judge, const Tensor& a, const Tensor& b, const Boxes& faces);

}  // namespace bauta
