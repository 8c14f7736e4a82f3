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

class Conv2d final : public Layer {
 public:
  Conv2d(int in, int out, int kernel, ConvGeometry geometry, Bias bias = Bias::Added);
  Tensor operator()(const Tensor& x) const override;
  void collect(const std::string& prefix, std::vector<NamedParameter>& into) const override;

 private:
  ConvGeometry geometry_;
  Bias kind_;
  std::shared_ptr<Parameter> weight_, bias_;
};

// output_padding: rows and columns added below and to the right, to choose among the sizes that a stride
// allows.
class ConvTranspose2d final : public Layer {
 public:
  ConvTranspose2d(int in, int out, int kernel, ConvGeometry geometry, int output_padding,
                  Bias bias = Bias::Added);
  Tensor operator()(const Tensor& x) const override;
  void collect(const std::string& prefix, std::vector<NamedParameter>& into) const override;

 private:
  ConvGeometry geometry_;
  int output_padding_;
  Bias kind_;
  std::shared_ptr<Parameter> weight_, bias_;
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
  explicit InstanceNorm2d(float eps = 1e-5f) : eps_(eps) {}
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

// One layer after another; parameter names carry the layer's place: "0.weight".
class Sequential : public Layer {
 public:
  template <class L, class... Arguments>
  Sequential& add(Arguments&&... arguments) {
    layers_.push_back(std::make_unique<L>(std::forward<Arguments>(arguments)...));
    return *this;
  }
  std::size_t size() const { return layers_.size(); }
  Tensor operator()(const Tensor& x) const override;
  void collect(const std::string& prefix, std::vector<NamedParameter>& into) const override;

 private:
  std::vector<std::unique_ptr<Layer>> layers_;
};

// y = x + f(x), f: reflection pad, 3x3 convolution, instance norm, ReLU, and again without ReLU. He et al.
// 2016.
class ResidualBlock final : public Layer {
 public:
  explicit ResidualBlock(int channels);
  Tensor operator()(const Tensor& x) const override { return x + conv_block_(x); }
  void collect(const std::string& prefix, std::vector<NamedParameter>& into) const override {
    conv_block_.collect(prefix + "conv_block.", into);
  }

 private:
  Sequential conv_block_;
};

}  // namespace bauta
