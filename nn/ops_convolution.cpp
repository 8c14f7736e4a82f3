#include "kernels/check.h"
#include "nn/gradients.h"
#include "nn/ops.h"
#include "nn/tape.h"

namespace bauta {

namespace {

// A convolution and its two gradients. The three are closed under differentiation: y = fprop(x, w) is linear
// in x and in w, and so are the others in their two arguments, so each one's rule is made of the other two.
// Dense and depthwise ones differ in nothing but their kernels and channels.
struct Convolution {
  decltype(Backend::conv_fprop) Backend::*fprop;
  decltype(Backend::conv_dgrad) Backend::*dgrad;
  decltype(Backend::conv_wgrad) Backend::*wgrad;
  const char *name, *input_grad_name, *weight_grad_name;
  int (*channels)(const Shape& x, const Shape& w);  // of y

  Tensor operator()(const Tensor& x, const Tensor& w, ConvGeometry geometry) const;
  Tensor input_grad(const Tensor& dy, const Tensor& w, ConvGeometry geometry, Shape input_shape) const;
  Tensor weight_grad(const Tensor& x, const Tensor& dy, ConvGeometry geometry, Shape weight_shape) const;
  // Of w: on the tape if that is running, otherwise where gradients are collected.
  Tensor weight_gradient(const Tensor& w, const Tensor& x, const Tensor& dy, ConvGeometry geometry) const;
};

// The weights, with what kernels keep of them for this use.
Weights used_for(const Tensor& w, KeptForms Tensor::Forms::*use) {
  Tensor::Forms* const forms = w.forms();
  return {w.view(), forms ? &(forms->*use) : nullptr};
}

// They stay, so that rules may point at them.
constexpr Convolution kDense{&Backend::conv_fprop,
                             &Backend::conv_dgrad,
                             &Backend::conv_wgrad,
                             "conv2d",
                             "conv2d_input_grad",
                             "conv2d_weight_grad",
                             [](const Shape&, const Shape& w) { return w.n; }};
constexpr Convolution kDepthwise{&Backend::depthwise_fprop,
                                 &Backend::depthwise_dgrad,
                                 &Backend::depthwise_wgrad,
                                 "depthwise_conv2d",
                                 "depthwise_input_grad",
                                 "depthwise_weight_grad",
                                 [](const Shape& x, const Shape&) { return x.c; }};

Tensor Convolution::operator()(const Tensor& x, const Tensor& w, ConvGeometry geometry) const {
  Engine& engine = x.engine();
  const Shape& from = x.shape();
  const Shape& weight = w.shape();
  const int rows = geometry.output_size(from.h, weight.h), columns = geometry.output_size(from.w, weight.w);
  BAUTA_CHECK(rows > 0 && columns > 0, "a picture of ", from.h, " x ", from.w, " is smaller than the kernel");
  Tensor y = Tensor::empty(engine, {from.n, rows, columns, channels(from, weight)}, x.dtype());
  (engine.kernels().*fprop)(y.view(), x.view(), used_for(w, &Tensor::Forms::fprop), geometry,
                            engine.context());
  return record(name, y, {x, w}, [this, x, w, geometry](const Tensor& dy, const std::vector<bool>& wanted) {
    return std::vector<Tensor>{wanted[0] ? input_grad(dy, w, geometry, x.shape()) : Tensor(),
                               wanted[1] ? weight_gradient(w, x, dy, geometry) : Tensor()};
  });
}

Tensor Convolution::input_grad(const Tensor& dy, const Tensor& w, ConvGeometry geometry,
                               Shape input_shape) const {
  Engine& engine = dy.engine();
  Tensor dx = Tensor::empty(engine, input_shape, dy.dtype());
  (engine.kernels().*dgrad)(dx.view(), dy.view(), used_for(w, &Tensor::Forms::dgrad), geometry,
                            engine.context());
  return record(input_grad_name, dx, {dy, w},
                [this, dy, w, geometry](const Tensor& g_dx, const std::vector<bool>& wanted) {
                  return std::vector<Tensor>{wanted[0] ? (*this)(g_dx, w, geometry) : Tensor(),
                                             wanted[1] ? weight_gradient(w, g_dx, dy, geometry) : Tensor()};
                });
}

Tensor Convolution::weight_grad(const Tensor& x, const Tensor& dy, ConvGeometry geometry,
                                Shape weight_shape) const {
  Engine& engine = x.engine();
  Tensor dw = Tensor::empty(engine, weight_shape, x.dtype());
  (engine.kernels().*wgrad)(dw.view(), x.view(), dy.view(), geometry, GradMode::Overwrite, engine.context());
  return record(weight_grad_name, dw, {x, dy},
                [this, x, dy, geometry](const Tensor& g_dw, const std::vector<bool>& wanted) {
                  return std::vector<Tensor>{wanted[0] ? input_grad(dy, g_dw, geometry, x.shape()) : Tensor(),
                                             wanted[1] ? (*this)(x, g_dw, geometry) : Tensor()};
                });
}

Tensor Convolution::weight_gradient(const Tensor& w, const Tensor& x, const Tensor& dy,
                                    ConvGeometry geometry) const {
  const Engine& engine = w.engine();
  if (engine.recording()) return weight_grad(x, dy, geometry, w.shape());
  return gradient_by(w, [&](View dw, GradMode mode) {
    (engine.kernels().*wgrad)(dw, x.view(), dy.view(), geometry, mode, engine.context());
  });
}

}  // namespace

Tensor conv2d(const Tensor& x, const Tensor& w, ConvGeometry geometry) { return kDense(x, w, geometry); }

Tensor conv2d_input_grad(const Tensor& dy, const Tensor& w, ConvGeometry geometry, Shape input_shape) {
  return kDense.input_grad(dy, w, geometry, input_shape);
}

Tensor conv2d_weight_grad(const Tensor& x, const Tensor& dy, ConvGeometry geometry, Shape weight_shape) {
  return kDense.weight_grad(x, dy, geometry, weight_shape);
}

Tensor depthwise_conv2d(const Tensor& x, const Tensor& w, ConvGeometry geometry) {
  return kDepthwise(x, w, geometry);
}

Tensor bias_add(const Tensor& x, const Tensor& b) {
  Engine& engine = x.engine();
  Tensor y = Tensor::empty(engine, x.shape(), x.dtype());
  engine.kernels().bias_add(y.view(), x.view(), b.view(), engine.context());
  return record("bias_add", y, {x, b}, [b](const Tensor& dy, const std::vector<bool>& wanted) {
    const auto bias_gradient = [&] {
      const Engine& here = b.engine();
      if (here.recording()) return reduce_sum(dy, b.shape(), b.dtype());
      return gradient_by(
          b, [&](View db, GradMode mode) { here.kernels().bias_grad(db, dy.view(), mode, here.context()); });
    };
    return std::vector<Tensor>{wanted[0] ? dy : Tensor(), wanted[1] ? bias_gradient() : Tensor()};
  });
}

Tensor separable_conv2d(const Tensor& x, const SeparableFilters& filters, bool rectified) {
  Engine& engine = x.engine();
  const Backend& kernels = engine.kernels();
  const auto& [across, across_bias, each, each_bias] = filters;
  if (engine.recording() || !kernels.separable_fprop || kernels.rounds_factors) {
    const Tensor mixed = bias_add(conv2d(x, across, {1, 0}), across_bias);
    const Tensor y = bias_add(depthwise_conv2d(mixed, each, {1, 1}), each_bias);
    return rectified ? relu(y) : y;
  }
  const Shape& from = x.shape();
  Tensor y = Tensor::empty(engine, {from.n, from.h, from.w, across.shape().n}, x.dtype());
  kernels.separable_fprop(y.view(), x.view(),
                          {across.view(), across_bias.view(), each.view(), each_bias.view()}, rectified,
                          engine.context());
  return y;
}

}  // namespace bauta
