#include "bench/kernels/cases.h"

namespace bauta::bench {

namespace {

struct Layer {
  const char* name;
  Shape x;
  int taps;
  ConvGeometry geometry;
  // Bytes that may move, as multiples of the floor.
  double most_of_data, most_of_weights;  // fprop and dgrad; wgrad

  Shape w() const { return {1, taps, taps, x.c}; }
  Shape y() const { return {x.n, geometry.output_size(x.h, taps), geometry.output_size(x.w, taps), x.c}; }
};

// Of MobileFaceNet at 112x112 (SFace): its first one, one with a stride, the last, which leaves one pixel.
const Layer kLayers[] = {{"8x56x56x64, 3x3", {8, 56, 56, 64}, 3, {1, 1}, 1.15, 1.2},
                         {"8x56x56x128, 3x3 by 2", {8, 56, 56, 128}, 3, {2, 1}, 1.15, 1.15},
                         {"8x7x7x512, 7x7", {8, 7, 7, 512}, 7, {1, 0}, 2.3, 4.6}};

}  // namespace

void add_depthwise_convolution(std::vector<Case>& cases) {
  for (DType dtype : kStorage)
    for (const Layer& layer : kLayers) {
      const Shape from = layer.x, to = layer.y(), taps = layer.w();
      const ConvGeometry geometry = layer.geometry;
      const double tensors = bytes(from, dtype) + bytes(to, dtype);
      const double operations = 2.0 * static_cast<double>(to.count()) * layer.taps * layer.taps;
      cases.push_back({"depthwise_fprop", layer.name, dtype, tensors + bytes(taps, dtype), operations,
                       [=](const Context& ctx) {
                         const Operand x(ctx, from, dtype), w(ctx, taps, dtype), y(ctx, to, dtype);
                         return [=, &ctx] {
                           ctx.backend().depthwise_fprop(y.view(), x.view(), w.view(), geometry, ctx);
                         };
                       }});
      cases.back().most = layer.most_of_data;
      cases.push_back({"depthwise_dgrad", layer.name, dtype, tensors + bytes(taps, dtype), operations,
                       [=](const Context& ctx) {
                         const Operand dx(ctx, from, dtype), w(ctx, taps, dtype), dy(ctx, to, dtype);
                         return [=, &ctx] {
                           ctx.backend().depthwise_dgrad(dx.view(), dy.view(), w.view(), geometry, ctx);
                         };
                       }});
      cases.back().most = layer.most_of_data;
      cases.push_back({"depthwise_wgrad", layer.name, dtype, tensors + bytes(taps, DType::Float32),
                       operations, [=](const Context& ctx) {
                         const Operand dw(ctx, taps), x(ctx, from, dtype), dy(ctx, to, dtype);
                         return [=, &ctx] {
                           ctx.backend().depthwise_wgrad(dw.view(), x.view(), dy.view(), geometry,
                                                         GradMode::Overwrite, ctx);
                         };
                       }});
      cases.back().most = layer.most_of_weights;
    }
}

}  // namespace bauta::bench
