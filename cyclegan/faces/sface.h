// SFace (Zhong et al. 2021) on MobileFaceNet (Chen et al. 2018), as OpenCV's model zoo has it: 128 numbers. A
// second and stronger opinion than the paper's own.
#pragma once

#include <filesystem>

#include "cyclegan/faces/identity_network.h"
#include "nn/layers.h"

namespace bauta {

class SFace final : public IdentityNetwork {
 public:
  // From sface.safetensors as scripts/fetch_networks writes it; batch norms are folded into the convolutions.
  // Throws FileError.
  SFace(Engine& engine, const std::filesystem::path& weights);

  // The same on another engine of the same backend, for another thread: the weights are `of`'s own, so that
  // they are in memory once. `of` has embedded a face before, and its engine outlives this.
  SFace(Engine& engine, const SFace& of);

  // The five landmarks brought to their places (faces/alignment.h).
  Image cut(const Image& photo, const FaceLocation& face) const override;
  int side() const override;
  int dimensions() const override;

 private:
  Tensor features(const Tensor& cuts) const override;

  Sequential body_;
  Parameters parameters_;
};

}  // namespace bauta
