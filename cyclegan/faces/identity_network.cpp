#include "cyclegan/faces/identity_network.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "cyclegan/networks/pictures.h"
#include "kernels/check.h"
#include "nn/ops.h"

namespace bauta {

namespace {

Tensor unit_length(const Tensor& x) {
  // Below this a direction is noise (FaceNet's own bound).
  constexpr float kLeastSquare = 1e-10f;
  const Tensor square = reduce_sum(x * x, {x.shape().n, 1, 1, 1});
  const Tensor factor = rsqrt(clamp(square, kLeastSquare, std::numeric_limits<float>::max()));
  return x * broadcast(factor, x.shape());
}

}  // namespace

Tensor IdentityNetwork::operator()(const Tensor& cuts) const {
  const Shape& shape = cuts.shape();
  BAUTA_CHECK((shape == Shape{shape.n, side(), side(), 3}), "faces of shape ", shape,
              "; they must be RGB and ", side(), " x ", side());
  return unit_length(cast(features(cuts), DType::Float32));
}

std::vector<Embedding> IdentityNetwork::embed(const std::vector<Image>& cuts, int batch) const {
  BAUTA_CHECK(batch >= 1, "batches of ", batch);
  const NoGrad no_grad(engine_);
  const auto length = static_cast<std::ptrdiff_t>(dimensions());
  std::vector<Embedding> made;
  for (std::size_t first = 0; first < cuts.size(); first += static_cast<std::size_t>(batch)) {
    const std::size_t last = std::min(cuts.size(), first + static_cast<std::size_t>(batch));
    const std::vector<Image> part(cuts.begin() + static_cast<std::ptrdiff_t>(first),
                                  cuts.begin() + static_cast<std::ptrdiff_t>(last));
    const std::vector<float> values = (*this)(to_tensor(engine_, part)).values();
    for (auto from = values.begin(); from != values.end(); from += length)
      made.emplace_back(from, from + length);
  }
  return made;
}

double cosine(std::span<const float> a, std::span<const float> b) {
  BAUTA_CHECK(a.size() == b.size(), "embeddings of ", a.size(), " and ", b.size(), " numbers");
  double product = 0, a_square = 0, b_square = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const double u = static_cast<double>(a[i]), v = static_cast<double>(b[i]);
    product += u * v;
    a_square += u * u;
    b_square += v * v;
  }
  return product / std::sqrt(a_square * b_square);
}

}  // namespace bauta
