#include "cyclegan/networks/discriminator.h"

#include "kernels/check.h"

namespace bauta {

Discriminator::Discriminator(const DiscriminatorConfig& config) {
  BAUTA_CHECK(config.ndf >= 1, "ndf is ", config.ndf);
  const int c = config.ndf;
  constexpr float kSlope = 0.2f;
  constexpr ConvGeometry kHalve{2, 1}, kKeep{1, 1};
  body_.add<Conv2d>(3, c, 4, kHalve).add<LeakyReLU>(kSlope);
  body_.add<Conv2d>(c, 2 * c, 4, kHalve, Bias::Cancelled).add<FusedNorm>(kSlope).skip(1);
  body_.add<Conv2d>(2 * c, 4 * c, 4, kHalve, Bias::Cancelled).add<FusedNorm>(kSlope).skip(1);
  body_.add<Conv2d>(4 * c, 8 * c, 4, kKeep, Bias::Cancelled).add<FusedNorm>(kSlope).skip(1);
  body_.add<Conv2d>(8 * c, 1, 4, kKeep);
}

Tensor Discriminator::operator()(const Tensor& x) const {
  BAUTA_CHECK(x.shape().h >= kMinimumSize && x.shape().w >= kMinimumSize, "a picture of ", x.shape().h, " x ",
              x.shape().w, " is smaller than ", kMinimumSize);
  return body_(cast(x, x.engine().storage()));
}

void Discriminator::collect(const std::string& prefix, std::vector<NamedParameter>& into) const {
  body_.collect(prefix + "model.", into);
}

void Discriminator::initialize(std::uint64_t seed, std::uint64_t first_stream) const {
  std::vector<NamedParameter> parameters;
  collect("", parameters);
  initialize_normal(parameters, kInitialDeviation, seed, first_stream);
}

}  // namespace bauta
