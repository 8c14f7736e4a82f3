// Layers: functions with parameters. Built unpacked; class Parameters gives them their values, and so decides
// which networks share a buffer. Names and order of parameters are PyTorch's.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "nn/ops.h"
#include "nn/parameters.h"

namespace bauta {

constexpr float kNormEps = 1e-5f;  // of the reference's norms

class Layer {
 public:
  virtual ~Layer() = default;
  virtual Tensor operator()(const Tensor& x) const = 0;
  // Appends the layer's parameters, their names after the prefix ("model.1." + "weight").
  virtual void collect(const std::string& /*prefix*/, std::vector<NamedParameter>& /*into*/) const {}
};

enum class Bias {
  None,
  Added,
  Cancelled,  // stands before an instance norm: kept in weight files, never computed
};

// Taps of a convolution; one number is both.
struct KernelSize {
  int height, width;

  constexpr KernelSize(int side) : height(side), width(side) {}
  constexpr KernelSize(int h, int w) : height(h), width(w) {}
  constexpr bool is_square() const { return height == width; }
};

// What convolutions have in common: "weight" and, but for Bias::None, "bias".
class ConvolutionLayer : public Layer {
 public:
  void collect(const std::string& prefix, std::vector<NamedParameter>& into) const final;

 protected:
  ConvolutionLayer(Shape weight, int out, ConvGeometry geometry, Bias bias);
  const Tensor& weight() const { return weight_->value; }
  Tensor with_bias(const Tensor& y) const;

  const ConvGeometry geometry_;

 private:
  Bias kind_;
  std::shared_ptr<Parameter> weight_, bias_;
};

class Conv2d final : public ConvolutionLayer {
 public:
  Conv2d(int in, int out, KernelSize kernel, ConvGeometry geometry, Bias bias = Bias::Added);
  Tensor operator()(const Tensor& x) const override { return with_bias(conv2d(x, weight(), geometry_)); }
};

// Each channel by a filter of its own; weight (1,R,S,C).
class DepthwiseConv2d final : public ConvolutionLayer {
 public:
  DepthwiseConv2d(int channels, int kernel, ConvGeometry geometry, Bias bias = Bias::Added);
  Tensor operator()(const Tensor& x) const override {
    return with_bias(depthwise_conv2d(x, weight(), geometry_));
  }
};

// A depthwise separable convolution, 1x1 across the channels ("pointwise.") and then 3x3 of each by itself
// ("depthwise."), each with weight and bias.
class SeparableConv2d final : public Layer {
 public:
  SeparableConv2d(int in, int out, bool rectified);
  Tensor operator()(const Tensor& x) const override;
  void collect(const std::string& prefix, std::vector<NamedParameter>& into) const override;

 private:
  std::shared_ptr<Parameter> across_, across_bias_, each_, each_bias_;
  bool rectified_;
};

// output_padding: rows and columns added below and to the right, to choose among the sizes that a stride
// allows.
class ConvTranspose2d final : public ConvolutionLayer {
 public:
  ConvTranspose2d(int in, int out, int kernel, ConvGeometry geometry, int output_padding,
                  Bias bias = Bias::Added);
  Tensor operator()(const Tensor& x) const override;

 private:
  int output_padding_;
};

// y = x w^T + b on (N,1,1,in); weight (out,1,1,in).
class Linear final : public Layer {
 public:
  Linear(int in, int out);
  Tensor operator()(const Tensor& x) const override;
  void collect(const std::string& prefix, std::vector<NamedParameter>& into) const override;

 private:
  std::shared_ptr<Parameter> weight_, bias_;
};

// Inference only: y = (x - running_mean) / sqrt(running_var + eps) * weight + bias, a channel at a time.
class BatchNorm2d final : public Layer {
 public:
  BatchNorm2d(int channels, float eps);
  Tensor operator()(const Tensor& x) const override;
  void collect(const std::string& prefix, std::vector<NamedParameter>& into) const override;

 private:
  float eps_;
  std::shared_ptr<Parameter> weight_, bias_, mean_, variance_;
};

class InstanceNorm2d final : public Layer {
 public:
  explicit InstanceNorm2d(float eps = kNormEps) : eps_(eps) {}
  Tensor operator()(const Tensor& x) const override { return instance_norm(x, eps_); }

 private:
  float eps_;
};

class ReflectionPad2d final : public Layer {
 public:
  explicit ReflectionPad2d(int padding) : padding_(padding) {}
  Tensor operator()(const Tensor& x) const override { return reflection_pad(x, padding_); }

 private:
  int padding_;
};

// Zeros around a picture, on each side as many as wanted.
class ZeroPad2d final : public Layer {
 public:
  explicit ZeroPad2d(Margins margins) : margins_(margins) {}
  Tensor operator()(const Tensor& x) const override { return zero_pad(x, margins_); }

 private:
  Margins margins_;
};

class ReLU final : public Layer {
 public:
  Tensor operator()(const Tensor& x) const override { return relu(x); }
};

class LeakyReLU final : public Layer {
 public:
  explicit LeakyReLU(float slope) : slope_(slope) {}
  Tensor operator()(const Tensor& x) const override { return leaky_relu(x, slope_); }

 private:
  float slope_;
};

// weight (1,1,1,C): the slopes below zero.
class PReLU final : public Layer {
 public:
  explicit PReLU(int channels);
  Tensor operator()(const Tensor& x) const override { return prelu(x, weight_->value); }
  void collect(const std::string& prefix, std::vector<NamedParameter>& into) const override;

 private:
  std::shared_ptr<Parameter> weight_;
};

class Tanh final : public Layer {
 public:
  Tensor operator()(const Tensor& x) const override { return tanh(x); }
};

class AvgPool2d final : public Layer {
 public:
  explicit AvgPool2d(PoolWindow window) : window_(window) {}
  Tensor operator()(const Tensor& x) const override { return avg_pool(x, window_); }

 private:
  PoolWindow window_;
};

class MaxPool2d final : public Layer {
 public:
  explicit MaxPool2d(PoolWindow window) : window_(window) {}
  Tensor operator()(const Tensor& x) const override { return max_pool(x, window_); }

 private:
  PoolWindow window_;
};

// Between two convolutions, in one op (fused_norm): instance norm, activation (slope 1: none), and the
// reflected halo that the next convolution reads.
class FusedNorm final : public Layer {
 public:
  explicit FusedNorm(float slope, int halo = 0) : slope_(slope), halo_(halo) {}
  Tensor operator()(const Tensor& x) const override { return fused_norm(x, kNormEps, slope_, halo_); }

 private:
  float slope_;
  int halo_;
};

// One layer after another; parameter names carry the layer's place: "0.weight", or the name that it was
// given.
class Sequential : public Layer {
 public:
  template <class L, class... Arguments>
  Sequential& add(Arguments&&... arguments) {
    last_place_ = next_place_++;
    return named<L>(std::to_string(last_place_), std::forward<Arguments>(arguments)...);
  }
  template <class L, class... Arguments>
  Sequential& named(std::string name, Arguments&&... arguments) {
    layers_.push_back({std::move(name), std::make_unique<L>(std::forward<Arguments>(arguments)...)});
    return *this;
  }
  // The layer before does the work of so many more of the reference implementation, whose places it takes.
  Sequential& skip(std::size_t places) {
    next_place_ += places;
    return *this;
  }
  // The place of the last layer that was added without a name.
  std::size_t last_place() const { return last_place_; }
  Tensor operator()(const Tensor& x) const override;
  void collect(const std::string& prefix, std::vector<NamedParameter>& into) const override;

 private:
  struct Named {
    std::string name;
    std::unique_ptr<Layer> layer;
  };
  std::vector<Named> layers_;
  std::size_t next_place_ = 0, last_place_ = 0;
};

// Layers beside each other on one input: what they make, one after another along the channels.
class Branches final : public Layer {
 public:
  // Parameters of a branch are called "branch_0.0.weight" and so on.
  Branches& add(Sequential branch) {
    branches_.push_back(std::move(branch));
    return *this;
  }
  Tensor operator()(const Tensor& x) const override;
  void collect(const std::string& prefix, std::vector<NamedParameter>& into) const override;

 private:
  std::vector<Sequential> branches_;
};

// Other layers as the engine stores tensors, between pictures that stay float32: what a generator hides in a
// picture's last bits would not outlive bfloat16.
class BetweenPictures final : public Layer {
 public:
  explicit BetweenPictures(const Layer& layers) : layers_(layers) {}
  Tensor operator()(const Tensor& x) const override {
    return cast(layers_(cast(x, x.engine().storage())), DType::Float32);
  }

 private:
  const Layer& layers_;
};

// y = x + f(x), f: reflection pad, 3x3 convolution, instance norm, ReLU, and again without ReLU. He et al.
// 2016. x comes with its reflected halo of 1 pixel, and y leaves with one of `halo` for who comes next.
class ResidualBlock final : public Layer {
 public:
  ResidualBlock(int channels, int halo);
  Tensor operator()(const Tensor& x) const override {
    return fused_norm(conv_block_(x), kNormEps, kNoActivation, halo_, x);
  }
  void collect(const std::string& prefix, std::vector<NamedParameter>& into) const override {
    conv_block_.collect(prefix + "conv_block.", into);
  }

 private:
  static constexpr float kNoActivation = 1;
  Sequential conv_block_;  // up to the second norm
  int halo_;
};

}  // namespace bauta
