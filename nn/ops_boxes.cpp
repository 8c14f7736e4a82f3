#include "nn/ops.h"
#include "nn/tape.h"

namespace bauta {

Tensor mosaic(const Tensor& x, const Boxes& boxes) {
  Engine& engine = x.engine();
  Tensor y = Tensor::empty(engine, x.shape(), x.dtype());
  engine.kernels().mosaic(y.view(), x.view(), boxes, engine.context());
  return record("mosaic", y, {x}, [boxes](const Tensor& dy, const std::vector<bool>&) {
    return std::vector<Tensor>{mosaic(dy, boxes)};
  });
}

// An empty tensor stands for zeros.
Tensor box_select(const Tensor& inside, const Tensor& outside, const Boxes& boxes) {
  const Tensor& model = inside ? inside : outside;
  Engine& engine = model.engine();
  Tensor y = Tensor::empty(engine, model.shape(), model.dtype());
  const View none(nullptr, model.shape(), model.dtype());
  engine.kernels().box_select(y.view(), inside ? inside.view() : none, outside ? outside.view() : none, boxes,
                              engine.context());
  return record("box_select", y, {inside, outside},
                [boxes](const Tensor& dy, const std::vector<bool>& wanted) {
                  return std::vector<Tensor>{wanted[0] ? box_select(dy, Tensor(), boxes) : Tensor(),
                                             wanted[1] ? box_select(Tensor(), dy, boxes) : Tensor()};
                });
}

}  // namespace bauta
