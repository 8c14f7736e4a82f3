#include "nn/layers.h"

#include "kernels/check.h"

namespace bauta {

namespace {

std::shared_ptr<Parameter> parameter(Shape shape, bool trained = true) {
  return std::make_shared<Parameter>(Parameter{shape, trained, Tensor(), Tensor()});
}

void collect_weight_and_bias(const std::string& prefix, const std::shared_ptr<Parameter>& weight,
                             const std::shared_ptr<Parameter>& bias, std::vector<NamedParameter>& into) {
  into.push_back({prefix + "weight", weight});
  if (bias) into.push_back({prefix + "bias", bias});
}

}  // namespace

ConvolutionLayer::ConvolutionLayer(Shape weight, int out, ConvGeometry geometry, Bias bias)
    : geometry_(geometry),
      kind_(bias),
      weight_(parameter(weight)),
      bias_(bias == Bias::None ? nullptr : parameter({1, 1, 1, out}, bias == Bias::Added)) {}

Tensor ConvolutionLayer::with_bias(const Tensor& y) const {
  return kind_ == Bias::Added ? bias_add(y, bias_->value) : y;
}

void ConvolutionLayer::collect(const std::string& prefix, std::vector<NamedParameter>& into) const {
  collect_weight_and_bias(prefix, weight_, bias_, into);
}

Conv2d::Conv2d(int in, int out, KernelSize kernel, ConvGeometry geometry, Bias bias)
    : ConvolutionLayer({out, kernel.height, kernel.width, in}, out, geometry, bias) {}

DepthwiseConv2d::DepthwiseConv2d(int channels, int kernel, ConvGeometry geometry, Bias bias)
    : ConvolutionLayer({1, kernel, kernel, channels}, channels, geometry, bias) {}

SeparableConv2d::SeparableConv2d(int in, int out, bool rectified)
    : across_(parameter({out, 1, 1, in})),
      across_bias_(parameter({1, 1, 1, out})),
      each_(parameter({1, 3, 3, out})),
      each_bias_(parameter({1, 1, 1, out})),
      rectified_(rectified) {}

Tensor SeparableConv2d::operator()(const Tensor& x) const {
  return separable_conv2d(x, {across_->value, across_bias_->value, each_->value, each_bias_->value},
                          rectified_);
}

void SeparableConv2d::collect(const std::string& prefix, std::vector<NamedParameter>& into) const {
  collect_weight_and_bias(prefix + "pointwise.", across_, across_bias_, into);
  collect_weight_and_bias(prefix + "depthwise.", each_, each_bias_, into);
}

ConvTranspose2d::ConvTranspose2d(int in, int out, int kernel, ConvGeometry geometry, int output_padding,
                                 Bias bias)
    : ConvolutionLayer({in, kernel, kernel, out}, out, geometry, bias), output_padding_(output_padding) {
  BAUTA_CHECK(output_padding >= 0 && output_padding < geometry.stride, "output padding ", output_padding,
              " with stride ", geometry.stride);
}

Tensor ConvTranspose2d::operator()(const Tensor& x) const {
  const Shape& taps = weight().shape();
  auto grown = [this](int size, int kernel) {
    return (size - 1) * geometry_.stride - 2 * geometry_.padding + kernel + output_padding_;
  };
  const Shape to{x.shape().n, grown(x.shape().h, taps.h), grown(x.shape().w, taps.w), taps.c};
  return with_bias(conv2d_input_grad(x, weight(), geometry_, to));
}

Linear::Linear(int in, int out) : weight_(parameter({out, 1, 1, in})), bias_(parameter({1, 1, 1, out})) {}

Tensor Linear::operator()(const Tensor& x) const {
  return bias_add(matmul(x, Transpose::No, weight_->value, Transpose::Yes), bias_->value);
}

void Linear::collect(const std::string& prefix, std::vector<NamedParameter>& into) const {
  collect_weight_and_bias(prefix, weight_, bias_, into);
}

BatchNorm2d::BatchNorm2d(int channels, float eps)
    : eps_(eps),
      weight_(parameter({1, 1, 1, channels})),
      bias_(parameter({1, 1, 1, channels})),
      mean_(parameter({1, 1, 1, channels}, false)),
      variance_(parameter({1, 1, 1, channels}, false)) {}

Tensor BatchNorm2d::operator()(const Tensor& x) const {
  const Tensor factor = weight_->value * rsqrt(affine(variance_->value, 1, eps_));
  const Tensor shift = bias_->value - mean_->value * factor;
  return bias_add(x * broadcast(factor, x.shape()), shift);
}

void BatchNorm2d::collect(const std::string& prefix, std::vector<NamedParameter>& into) const {
  collect_weight_and_bias(prefix, weight_, bias_, into);
  into.push_back({prefix + "running_mean", mean_});
  into.push_back({prefix + "running_var", variance_});
}

PReLU::PReLU(int channels) : weight_(parameter({1, 1, 1, channels})) {}

void PReLU::collect(const std::string& prefix, std::vector<NamedParameter>& into) const {
  collect_weight_and_bias(prefix, weight_, nullptr, into);
}

Tensor Sequential::operator()(const Tensor& x) const {
  Tensor y = x;
  for (const auto& [name, layer] : layers_) y = (*layer)(y);
  return y;
}

void Sequential::collect(const std::string& prefix, std::vector<NamedParameter>& into) const {
  for (const auto& [name, layer] : layers_) layer->collect(prefix + name + ".", into);
}

Tensor Branches::operator()(const Tensor& x) const {
  std::vector<Tensor> made;
  for (const Sequential& branch : branches_) made.push_back(branch(x));
  return concat_channels(made);
}

void Branches::collect(const std::string& prefix, std::vector<NamedParameter>& into) const {
  for (std::size_t i = 0; i < branches_.size(); ++i)
    branches_[i].collect(prefix + "branch_" + std::to_string(i) + ".", into);
}

ResidualBlock::ResidualBlock(int channels, int halo) : halo_(halo) {
  // Places are those of the reference implementation, so that names agree: conv_block.1 and conv_block.5.
  conv_block_.skip(1)
      .add<Conv2d>(channels, channels, 3, ConvGeometry{1, 0}, Bias::Cancelled)
      .add<FusedNorm>(0.0f, 1)
      .skip(2)
      .add<Conv2d>(channels, channels, 3, ConvGeometry{1, 0}, Bias::Cancelled);
}

}  // namespace bauta
