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

// Two matrix products a picture: its rows along the boxes' height, then its columns along their width.
Tensor box_cut(const Tensor& x, const Boxes& boxes, float growth, int side) {
  const Shape& s = x.shape();
  Engine& engine = x.engine();
  const auto matrices = [&](Along axis, int to, int from, int channels) {
    const Tensor all = Tensor::empty(engine, {s.n, to * channels, from * channels, 1}, x.dtype());
    engine.kernels().resampling_matrix(all.view(), boxes, axis, growth, channels, engine.context());
    return all;
  };
  const Tensor down = matrices(Along::Y, side, s.h, 1), across = matrices(Along::X, side, s.w, s.c);
  const auto of_picture = [](const Tensor& all, int n) {
    const Shape matrix{all.shape().h, 1, 1, all.shape().w};
    return all.alias(static_cast<std::size_t>(n) * matrix.count(), matrix);
  };
  // Pictures one above the other are one high picture, from which and into which they are taken by rows.
  const Tensor stack = reshape(x, {1, s.n * s.h, s.w, s.c});
  Tensor cuts;
  for (int n = 0; n < s.n; ++n) {
    const Tensor picture = s.n == 1 ? stack : crop(stack, {.top = n * s.h, .bottom = (s.n - 1 - n) * s.h});
    const Tensor rows =
        matmul(of_picture(down, n), Transpose::No, reshape(picture, {s.h, 1, 1, s.w * s.c}), Transpose::No);
    const Tensor cut =
        reshape(matmul(rows, Transpose::No, of_picture(across, n), Transpose::Yes), {1, side, side, s.c});
    const Tensor placed = s.n == 1 ? cut : zero_pad(cut, {.top = n * side, .bottom = (s.n - 1 - n) * side});
    cuts = cuts ? cuts + placed : placed;
  }
  return reshape(cuts, {s.n, side, side, s.c});
}

}  // namespace bauta
