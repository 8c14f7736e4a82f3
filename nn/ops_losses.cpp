#include "nn/ops.h"
#include "nn/tape.h"

namespace bauta {

namespace {

// The kernels give a loss and its gradient in one pass, so backward only scales it by the scalar dy.
Tensor scaled(const Tensor& gradient, const Tensor& dy, float sign) {
  const Tensor product = mul(gradient, broadcast(dy, gradient.shape(), gradient.dtype()));
  return sign == 1 ? product : scale(product, sign);
}

template <class Kernel>
Tensor adversarial(const char* name, Kernel kernel, const Tensor& x, float wanted, Composite composite) {
  Engine& engine = x.engine();
  Tensor loss = Tensor::empty(engine, {}), dx = Tensor::empty(engine, x.shape(), x.dtype());
  kernel(loss.view(), dx.view(), x.view(), wanted, engine.context());
  auto rule = [dx](const Tensor& dy, const std::vector<bool>&) {
    return std::vector<Tensor>{scaled(dx, dy, 1)};
  };
  return record_fused(name, loss, {x}, rule, std::move(composite));
}

}  // namespace

Tensor l1_loss(const Tensor& a, const Tensor& b) {
  Engine& engine = a.engine();
  Tensor loss = Tensor::empty(engine, {}), da = Tensor::empty(engine, a.shape(), a.dtype());
  engine.kernels().l1_loss(loss.view(), da.view(), a.view(), b.view(), engine.context());
  auto rule = [da](const Tensor& dy, const std::vector<bool>& wanted) {
    return std::vector<Tensor>{wanted[0] ? scaled(da, dy, 1) : Tensor(),
                               wanted[1] ? scaled(da, dy, -1) : Tensor()};
  };
  return record_fused("l1_loss", loss, {a, b}, rule,
                      [](const std::vector<Tensor>& inputs) { return mean(abs(inputs[0] - inputs[1])); });
}

Tensor lsgan_loss(const Tensor& x, float target) {
  return adversarial("lsgan_loss", x.engine().kernels().lsgan_loss, x, target,
                     [target](const std::vector<Tensor>& inputs) {
                       const Tensor distance = affine(inputs[0], 1, -target);
                       return mean(distance * distance);
                     });
}

Tensor log_loss(const Tensor& x, float target) {
  return adversarial(
      "log_loss", x.engine().kernels().log_loss, x, target,
      [target](const std::vector<Tensor>& inputs) { return mean(softplus(inputs[0]) - target * inputs[0]); });
}

Tensor wasserstein_loss(const Tensor& x, float sign) {
  return adversarial("wasserstein_loss", x.engine().kernels().wasserstein_loss, x, sign,
                     [sign](const std::vector<Tensor>& inputs) { return scale(mean(inputs[0]), sign); });
}

}  // namespace bauta
