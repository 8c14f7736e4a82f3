#include "nn/ops.h"
#include "nn/tape.h"

namespace bauta {

Tensor mosaic(const Tensor& x, std::span<const MosaicBox> boxes) {
  Engine& engine = x.engine();
  Tensor y = Tensor::empty(engine, x.shape());
  engine.kernels().mosaic(y.view(), x.view(), boxes, engine.context());
  std::vector<MosaicBox> kept(boxes.begin(), boxes.end());
  return record("mosaic", y, {x}, [kept = std::move(kept)](const Tensor& dy, const std::vector<bool>&) {
    return std::vector<Tensor>{mosaic(dy, kept)};
  });
}

namespace {

// An empty tensor stands for zeros.
Tensor select(const Tensor& inside, const Tensor& outside, const std::vector<MosaicBox>& boxes) {
  const Tensor& model = inside ? inside : outside;
  Engine& engine = model.engine();
  Tensor y = Tensor::empty(engine, model.shape());
  auto view = [&model](const Tensor& t) {
    return t ? ConstView(t.view()) : ConstView(static_cast<const float*>(nullptr), model.shape());
  };
  engine.kernels().box_select(y.view(), view(inside), view(outside), boxes, engine.context());
  return record("box_select", y, {inside, outside},
                [boxes](const Tensor& dy, const std::vector<bool>& wanted) {
                  return std::vector<Tensor>{wanted[0] ? select(dy, Tensor(), boxes) : Tensor(),
                                             wanted[1] ? select(Tensor(), dy, boxes) : Tensor()};
                });
}

}  // namespace

Tensor box_select(const Tensor& inside, const Tensor& outside, std::span<const MosaicBox> boxes) {
  return select(inside, outside, {boxes.begin(), boxes.end()});
}

}  // namespace bauta
