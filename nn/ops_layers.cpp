#include <algorithm>
#include <cstddef>

#include "kernels/check.h"
#include "nn/gradients.h"
#include "nn/ops.h"
#include "nn/tape.h"

namespace bauta {

namespace {

// Instance normalization in simple ops, for second derivatives.
Tensor instance_norm_composite(const Tensor& x, float eps) {
  const Shape channels{x.shape().n, 1, 1, x.shape().c};
  const float pixels = static_cast<float>(x.shape().h) * static_cast<float>(x.shape().w);
  auto spatial_mean = [&](const Tensor& v) {
    return broadcast(scale(reduce_sum(v, channels), 1 / pixels), v.shape());
  };
  const Tensor centred = x - spatial_mean(x);
  return centred * rsqrt(affine(spatial_mean(centred * centred), 1, eps));
}

}  // namespace

Tensor instance_norm(const Tensor& x, float eps) {
  Engine& engine = x.engine();
  Tensor y = Tensor::empty(engine, x.shape(), x.dtype());
  Tensor rstd = Tensor::empty(engine, {x.shape().n, 1, 1, x.shape().c});
  engine.kernels().instance_norm_forward(y.view(), rstd.view(), x.view(), eps, engine.context());
  auto rule = [y = y.detach(), rstd](const Tensor& dy, const std::vector<bool>&) {
    Tensor dx = Tensor::empty(dy.engine(), dy.shape(), dy.dtype());
    dy.engine().kernels().instance_norm_backward(dx.view(), dy.view(), y.view(), rstd.view(),
                                                 dy.engine().context());
    return std::vector<Tensor>{dx};
  };
  return record_fused("instance_norm", y, {x}, rule, [eps](const std::vector<Tensor>& inputs) {
    return instance_norm_composite(inputs[0], eps);
  });
}

namespace {

// What lies inside a border, in simple ops: the border becomes zero before it is folded in.
Tensor inside(const Tensor& x, int border) {
  if (border == 0) return x;
  const Shape& s = x.shape();
  std::vector<float> mask(s.count(), 0);
  const std::size_t row = static_cast<std::size_t>(s.w - 2 * border) * static_cast<std::size_t>(s.c);
  for (int n = 0; n < s.n; ++n)
    for (int h = border; h < s.h - border; ++h)
      std::fill_n(mask.begin() + ((std::ptrdiff_t{n} * s.h + h) * s.w + border) * s.c, row, 1.0f);
  return reflection_pad_adjoint(x * Tensor::from(x.engine(), s, mask, x.dtype()), border);
}

}  // namespace

Tensor fused_norm(const Tensor& x, float eps, float slope, int padding, const Tensor& residual) {
  Engine& engine = x.engine();
  const Shape& s = x.shape();
  Tensor y = Tensor::empty(engine, {s.n, s.h + 2 * padding, s.w + 2 * padding, s.c}, x.dtype());
  Tensor mean = Tensor::empty(engine, {s.n, 1, 1, s.c}), rstd = Tensor::empty(engine, mean.shape());
  engine.kernels().fused_norm_forward(y.view(), mean.view(), rstd.view(), x.view(),
                                      residual ? residual.view() : View(), eps, slope, engine.context());
  auto rule = [x = x.detach(), mean, rstd, slope, framed = residual ? residual.shape() : Shape{}](
                  const Tensor& dy, const std::vector<bool>& wanted) {
    Tensor dx = Tensor::empty(dy.engine(), x.shape(), x.dtype()), d_residual;
    if (wanted[1]) d_residual = Tensor::empty(dy.engine(), framed, dy.dtype());
    dy.engine().kernels().fused_norm_backward(dx.view(), d_residual ? d_residual.view() : View(), dy.view(),
                                              ConstView(), x.view(), mean.view(), rstd.view(), slope,
                                              dy.engine().context());
    return std::vector<Tensor>{dx, d_residual};
  };
  auto composite = [eps, slope, padding](const std::vector<Tensor>& inputs) {
    Tensor sum = leaky_relu(instance_norm(inputs[0], eps), slope);
    if (inputs[1]) sum = sum + inside(inputs[1], (inputs[1].shape().h - sum.shape().h) / 2);
    return reflection_pad(sum, padding);
  };
  return record_fused("fused_norm", y, {x, residual}, rule, composite);
}

Tensor reflection_pad(const Tensor& x, int padding) {
  Engine& engine = x.engine();
  const Shape& from = x.shape();
  Tensor y = Tensor::empty(engine, {from.n, from.h + 2 * padding, from.w + 2 * padding, from.c}, x.dtype());
  engine.kernels().reflection_pad_forward(y.view(), x.view(), padding, engine.context());
  return record("reflection_pad", y, {x}, [padding](const Tensor& dy, const std::vector<bool>&) {
    return std::vector<Tensor>{reflection_pad_adjoint(dy, padding)};
  });
}

Tensor reflection_pad_adjoint(const Tensor& y, int padding) {
  Engine& engine = y.engine();
  const Shape& from = y.shape();
  Tensor x = Tensor::empty(engine, {from.n, from.h - 2 * padding, from.w - 2 * padding, from.c}, y.dtype());
  engine.kernels().reflection_pad_backward(x.view(), y.view(), padding, engine.context());
  return record("reflection_pad_adjoint", x, {y}, [padding](const Tensor& dx, const std::vector<bool>&) {
    return std::vector<Tensor>{reflection_pad(dx, padding)};
  });
}

namespace {

// dx = dy where y > 0, slope dy elsewhere: linear in dy, so its rule is itself.
Tensor leaky_relu_gate(const Tensor& dy, const Tensor& y, float slope) {
  Engine& engine = dy.engine();
  Tensor dx = Tensor::empty(engine, dy.shape(), dy.dtype());
  engine.kernels().leaky_relu_backward(dx.view(), dy.view(), y.view(), slope, engine.context());
  return record("leaky_relu_gate", dx, {dy}, [y, slope](const Tensor& g_dx, const std::vector<bool>&) {
    return std::vector<Tensor>{leaky_relu_gate(g_dx, y, slope)};
  });
}

}  // namespace

Tensor leaky_relu(const Tensor& x, float slope) {
  Engine& engine = x.engine();
  Tensor y = Tensor::empty(engine, x.shape(), x.dtype());
  engine.kernels().leaky_relu_forward(y.view(), x.view(), slope, engine.context());
  return record("leaky_relu", y, {x}, [y = y.detach(), slope](const Tensor& dy, const std::vector<bool>&) {
    return std::vector<Tensor>{leaky_relu_gate(dy, y, slope)};
  });
}

namespace {

Tensor prelu_gate(const Tensor& values, const Tensor& x, const Tensor& slope, float above);

// The gradient of prelu_gate to its slope, on the tape; linear in dy and in values.
Tensor prelu_slope_grad(const Tensor& dy, const Tensor& values, const Tensor& x, Shape channels,
                        DType dtype) {
  Engine& engine = dy.engine();
  Tensor dslope = Tensor::empty(engine, channels, dtype);
  engine.kernels().prelu_slope_grad(dslope.view(), dy.view(), values.view(), x.view(), GradMode::Overwrite,
                                    engine.context());
  return record("prelu_slope_grad", dslope, {dy, values},
                [dy, values, x](const Tensor& g_dslope, const std::vector<bool>& wanted) {
                  return std::vector<Tensor>{wanted[0] ? prelu_gate(values, x, g_dslope, 0) : Tensor(),
                                             wanted[1] ? prelu_gate(dy, x, g_dslope, 0) : Tensor()};
                });
}

Tensor prelu_slope_gradient(const Tensor& slope, const Tensor& dy, const Tensor& values, const Tensor& x) {
  const Engine& engine = slope.engine();
  if (engine.recording()) return prelu_slope_grad(dy, values, x, slope.shape(), slope.dtype());
  return gradient_by(slope, [&](View dslope, GradMode mode) {
    engine.kernels().prelu_slope_grad(dslope, dy.view(), values.view(), x.view(), mode, engine.context());
  });
}

// values times `above` where x > 0, times slope elsewhere. Linear in values and in slope; x only says where,
// and has no gradient.
Tensor prelu_gate(const Tensor& values, const Tensor& x, const Tensor& slope, float above) {
  Engine& engine = values.engine();
  Tensor y = Tensor::empty(engine, values.shape(), values.dtype());
  engine.kernels().prelu_gate(y.view(), values.view(), x.view(), slope.view(), above, engine.context());
  return record("prelu_gate", y, {values, slope},
                [values, x, slope, above](const Tensor& dy, const std::vector<bool>& wanted) {
                  return std::vector<Tensor>{
                      wanted[0] ? prelu_gate(dy, x, slope, above) : Tensor(),
                      wanted[1] ? prelu_slope_gradient(slope, dy, values, x) : Tensor()};
                });
}

}  // namespace

Tensor prelu(const Tensor& x, const Tensor& slope) { return prelu_gate(x, x.detach(), slope, 1); }

Tensor tanh(const Tensor& x) {
  Engine& engine = x.engine();
  Tensor y = Tensor::empty(engine, x.shape(), x.dtype());
  engine.kernels().tanh_forward(y.view(), x.view(), engine.context());
  auto rule = [y = y.detach()](const Tensor& dy, const std::vector<bool>&) {
    Tensor dx = Tensor::empty(dy.engine(), dy.shape(), dy.dtype());
    dy.engine().kernels().tanh_backward(dx.view(), dy.view(), y.view(), dy.engine().context());
    return std::vector<Tensor>{dx};
  };
  return record_fused("tanh", y, {x}, rule, [](const std::vector<Tensor>& inputs) {
    return affine(sigmoid(scale(inputs[0], 2)), 2, -1);  // tanh x = 2 sigmoid(2x) - 1
  });
}

namespace {

Shape pooled(const Shape& from, PoolWindow window) {
  const Shape to{from.n, window.output_size(from.h), window.output_size(from.w), from.c};
  BAUTA_CHECK(to.h > 0 && to.w > 0, "a picture of ", from.h, " x ", from.w, " is smaller than the window");
  return to;
}

Tensor avg_pool_adjoint(const Tensor& dy, PoolWindow window, Shape to) {
  Engine& engine = dy.engine();
  Tensor dx = Tensor::empty(engine, to, dy.dtype());
  engine.kernels().avg_pool_backward(dx.view(), dy.view(), window, engine.context());
  return record("avg_pool_adjoint", dx, {dy}, [window](const Tensor& g_dx, const std::vector<bool>&) {
    return std::vector<Tensor>{avg_pool(g_dx, window)};
  });
}

Tensor max_pool_scatter(const Tensor& dy, const Tensor& x, PoolWindow window);

// values at the places where x is largest: linear in values, and the adjoint of max_pool_scatter.
Tensor max_pool_select(const Tensor& values, const Tensor& x, PoolWindow window) {
  Engine& engine = x.engine();
  Tensor y = Tensor::empty(engine, pooled(x.shape(), window), x.dtype());
  engine.kernels().max_pool_select(y.view(), values.view(), x.view(), window, engine.context());
  return record("max_pool", y, {values},
                [x = x.detach(), window](const Tensor& dy, const std::vector<bool>&) {
                  return std::vector<Tensor>{max_pool_scatter(dy, x, window)};
                });
}

Tensor max_pool_scatter(const Tensor& dy, const Tensor& x, PoolWindow window) {
  Engine& engine = dy.engine();
  Tensor dx = Tensor::empty(engine, x.shape(), x.dtype());
  engine.kernels().max_pool_scatter(dx.view(), dy.view(), x.view(), window, engine.context());
  return record("max_pool_scatter", dx, {dy}, [x, window](const Tensor& g_dx, const std::vector<bool>&) {
    return std::vector<Tensor>{max_pool_select(g_dx, x, window)};
  });
}

}  // namespace

Tensor avg_pool(const Tensor& x, PoolWindow window) {
  Engine& engine = x.engine();
  Tensor y = Tensor::empty(engine, pooled(x.shape(), window), x.dtype());
  engine.kernels().avg_pool_forward(y.view(), x.view(), window, engine.context());
  return record("avg_pool", y, {x}, [window, from = x.shape()](const Tensor& dy, const std::vector<bool>&) {
    return std::vector<Tensor>{avg_pool_adjoint(dy, window, from)};
  });
}

Tensor max_pool(const Tensor& x, PoolWindow window) { return max_pool_select(x, x, window); }

}  // namespace bauta
