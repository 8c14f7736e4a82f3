// Networks that tell people apart: a face becomes a direction, and the cosine between two of them says how
// alike the faces are. The paper measures with one (section 5, Table 1, Figs. 9 and 12).
#pragma once

#include <span>
#include <vector>

#include "cyclegan/faces/face_location.h"
#include "io/image.h"
#include "nn/parameters.h"

namespace bauta {

using Embedding = std::vector<float>;  // of unit length

class IdentityNetwork {
 public:
  virtual ~IdentityNetwork() = default;

  // What the network is to see of a face: side x side pixels.
  virtual Image cut(const Image& photo, const FaceLocation& face) const = 0;
  virtual int side() const = 0;
  virtual int dimensions() const = 0;

  // cuts (N,side,side,3), RGB in [-1, 1], float32; result (N,1,1,dimensions), float32, each of unit length.
  // Differentiable with respect to the cuts. Throws CheckError on other shapes.
  Tensor operator()(const Tensor& cuts) const;

  // One embedding a cut, computed `batch` at a time. No tape is kept. Throws CheckError when a cut has
  // another size.
  std::vector<Embedding> embed(const std::vector<Image>& cuts, int batch = 8) const;

 protected:
  explicit IdentityNetwork(Engine& engine) : engine_(engine) {}
  // From cuts in [-1, 1] to (N,1,1,dimensions) of any length, stored as the engine stores tensors.
  virtual Tensor features(const Tensor& cuts) const = 0;

  Engine& engine_;
};

// Throws CheckError when the lengths differ.
double cosine(std::span<const float> a, std::span<const float> b);

}  // namespace bauta
