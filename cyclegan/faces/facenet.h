// FaceNet (Schroff et al. 2015) on Inception-ResNet-v1 (Szegedy et al. 2016), the paper's own measure of
// identity (Table 1, Figs. 9 and 12): 512 numbers. The weights are 20180408-102900, taught on CASIA-WebFace.
#pragma once

#include <filesystem>

#include "cyclegan/faces/identity_network.h"
#include "nn/layers.h"

namespace bauta {

class FaceNet final : public IdentityNetwork {
 public:
  // From facenet.safetensors as scripts/fetch_networks writes it; batch norms are folded into the
  // convolutions. Throws FileError.
  FaceNet(Engine& engine, const std::filesystem::path& weights);

  // The detector's box grown 1.15 times (faces/alignment.h).
  Image cut(const Image& photo, const FaceLocation& face) const override;
  int side() const override;
  int dimensions() const override;

 private:
  Tensor features(const Tensor& cuts) const override;

  Sequential body_;
  Parameters parameters_;
};

}  // namespace bauta
