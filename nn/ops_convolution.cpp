#include "kernels/check.h"
#include "nn/gradients.h"
#include "nn/ops.h"
#include "nn/tape.h"

namespace bauta {

// The three are closed under differentiation: y = fprop(x, w) is linear in x and in w, and so are the others
// in their two arguments, so each one's rule is made of the other two.

namespace {

// The gradient of w, on the tape if that is running, otherwise where gradients are collected.
Tensor weight_gradient(const Tensor& w, const Tensor& x, const Tensor& dy, ConvGeometry geometry) {
  const Engine& engine = w.engine();
  if (engine.recording()) return conv2d_weight_grad(x, dy, geometry, w.shape());
  return gradient_by(w, [&](View dw, GradMode mode) {
    engine.kernels().conv_wgrad(dw, x.view(), dy.view(), geometry, mode, engine.context());
  });
}

}  // namespace

Tensor conv2d(const Tensor& x, const Tensor& w, ConvGeometry geometry) {
  Engine& engine = x.engine();
  const Shape& from = x.shape();
  const Shape& weight = w.shape();
  const int rows = geometry.output_size(from.h, weight.h), columns = geometry.output_size(from.w, weight.w);
  BAUTA_CHECK(rows > 0 && columns > 0, "a picture of ", from.h, " x ", from.w, " is smaller than the kernel");
  Tensor y = Tensor::empty(engine, {from.n, rows, columns, weight.n}, x.dtype());
  engine.kernels().conv_fprop(y.view(), x.view(), w.view(), geometry, engine.context());
  return record("conv2d", y, {x, w}, [x, w, geometry](const Tensor& dy, const std::vector<bool>& wanted) {
    return std::vector<Tensor>{wanted[0] ? conv2d_input_grad(dy, w, geometry, x.shape()) : Tensor(),
                               wanted[1] ? weight_gradient(w, x, dy, geometry) : Tensor()};
  });
}

Tensor conv2d_input_grad(const Tensor& dy, const Tensor& w, ConvGeometry geometry, Shape input_shape) {
  Engine& engine = dy.engine();
  Tensor dx = Tensor::empty(engine, input_shape, dy.dtype());
  engine.kernels().conv_dgrad(dx.view(), dy.view(), w.view(), geometry, engine.context());
  return record("conv2d_input_grad", dx, {dy, w},
                [dy, w, geometry](const Tensor& g_dx, const std::vector<bool>& wanted) {
                  return std::vector<Tensor>{wanted[0] ? conv2d(g_dx, w, geometry) : Tensor(),
                                             wanted[1] ? weight_gradient(w, g_dx, dy, geometry) : Tensor()};
                });
}

Tensor conv2d_weight_grad(const Tensor& x, const Tensor& dy, ConvGeometry geometry, Shape weight_shape) {
  Engine& engine = x.engine();
  Tensor dw = Tensor::empty(engine, weight_shape, x.dtype());
  engine.kernels().conv_wgrad(dw.view(), x.view(), dy.view(), geometry, GradMode::Overwrite,
                              engine.context());
  return record("conv2d_weight_grad", dw, {x, dy},
                [x, dy, geometry](const Tensor& g_dw, const std::vector<bool>& wanted) {
                  return std::vector<Tensor>{
                      wanted[0] ? conv2d_input_grad(dy, g_dw, geometry, x.shape()) : Tensor(),
                      wanted[1] ? conv2d(x, g_dw, geometry) : Tensor()};
                });
}

namespace {

// Depthwise convolution is closed in the same way.
Tensor depthwise_input_grad(const Tensor& dy, const Tensor& w, ConvGeometry geometry, Shape input_shape);

Tensor depthwise_weight_grad(const Tensor& x, const Tensor& dy, ConvGeometry geometry, Shape weight_shape) {
  Engine& engine = x.engine();
  Tensor dw = Tensor::empty(engine, weight_shape, x.dtype());
  engine.kernels().depthwise_wgrad(dw.view(), x.view(), dy.view(), geometry, GradMode::Overwrite,
                                   engine.context());
  return record("depthwise_weight_grad", dw, {x, dy},
                [x, dy, geometry](const Tensor& g_dw, const std::vector<bool>& wanted) {
                  return std::vector<Tensor>{
                      wanted[0] ? depthwise_input_grad(dy, g_dw, geometry, x.shape()) : Tensor(),
                      wanted[1] ? depthwise_conv2d(x, g_dw, geometry) : Tensor()};
                });
}

Tensor depthwise_weight_gradient(const Tensor& w, const Tensor& x, const Tensor& dy, ConvGeometry geometry) {
  const Engine& engine = w.engine();
  if (engine.recording()) return depthwise_weight_grad(x, dy, geometry, w.shape());
  return gradient_by(w, [&](View dw, GradMode mode) {
    engine.kernels().depthwise_wgrad(dw, x.view(), dy.view(), geometry, mode, engine.context());
  });
}

Tensor depthwise_input_grad(const Tensor& dy, const Tensor& w, ConvGeometry geometry, Shape input_shape) {
  Engine& engine = dy.engine();
  Tensor dx = Tensor::empty(engine, input_shape, dy.dtype());
  engine.kernels().depthwise_dgrad(dx.view(), dy.view(), w.view(), geometry, engine.context());
  return record("depthwise_input_grad", dx, {dy, w},
                [dy, w, geometry](const Tensor& g_dx, const std::vector<bool>& wanted) {
                  return std::vector<Tensor>{
                      wanted[0] ? depthwise_conv2d(g_dx, w, geometry) : Tensor(),
                      wanted[1] ? depthwise_weight_gradient(w, g_dx, dy, geometry) : Tensor()};
                });
}

}  // namespace

Tensor depthwise_conv2d(const Tensor& x, const Tensor& w, ConvGeometry geometry) {
  Engine& engine = x.engine();
  const Shape& from = x.shape();
  const Shape& weight = w.shape();
  const int rows = geometry.output_size(from.h, weight.h), columns = geometry.output_size(from.w, weight.w);
  BAUTA_CHECK(rows > 0 && columns > 0, "a picture of ", from.h, " x ", from.w, " is smaller than the kernel");
  Tensor y = Tensor::empty(engine, {from.n, rows, columns, from.c}, x.dtype());
  engine.kernels().depthwise_fprop(y.view(), x.view(), w.view(), geometry, engine.context());
  return record(
      "depthwise_conv2d", y, {x, w}, [x, w, geometry](const Tensor& dy, const std::vector<bool>& wanted) {
        return std::vector<Tensor>{wanted[0] ? depthwise_input_grad(dy, w, geometry, x.shape()) : Tensor(),
                                   wanted[1] ? depthwise_weight_gradient(w, x, dy, geometry) : Tensor()};
      });
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

}  // namespace bauta
