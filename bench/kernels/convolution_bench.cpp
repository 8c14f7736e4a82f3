#include "bench/kernels/cases.h"

namespace bauta::bench {

namespace {

struct Layer {
  const char* name;
  Shape x, w;  // w (K,R,S,C)
  ConvGeometry geometry;

  Shape y() const { return {x.n, geometry.output_size(x.h, w.h), geometry.output_size(x.w, w.w), w.n}; }
};

const Layer kLayers[] = {
    {"first 7x7 3-64", {1, 262, 262, 3}, {64, 7, 7, 3}, {1, 0}},
    {"last 7x7 64-3", {1, 262, 262, 64}, {3, 7, 7, 64}, {1, 0}},
};

// Neighbouring tiles read the same halo, which the second-level cache holds.
constexpr double kHalos = 3;

}  // namespace

void add_convolution(std::vector<Case>& cases) {
  for (DType dtype : kStorage)
    for (const Layer& layer : kLayers) {
      const Shape from = layer.x, to = layer.y(), taps = layer.w;
      const ConvGeometry geometry = layer.geometry;
      const double floor = bytes(from, dtype) + bytes(to, dtype) + bytes(taps, dtype);
      const double operations = 2.0 * static_cast<double>(to.count() * taps.count()) / to.c;
      cases.push_back({"conv_fprop", layer.name, dtype, floor, operations, [=](const Context& ctx) {
                         const Operand x(ctx, from, dtype), w(ctx, taps, dtype), y(ctx, to, dtype);
                         return [=, &ctx] {
                           ctx.backend().conv_fprop(y.view(), x.view(), w.view(), geometry, ctx);
                         };
                       }});
      cases.back().most = kHalos;
      cases.push_back({"conv_dgrad", layer.name, dtype, floor, operations, [=](const Context& ctx) {
                         const Operand dx(ctx, from, dtype), w(ctx, taps, dtype), dy(ctx, to, dtype);
                         return [=, &ctx] {
                           ctx.backend().conv_dgrad(dx.view(), dy.view(), w.view(), geometry, ctx);
                         };
                       }});
      cases.back().most = kHalos;
      cases.push_back({"conv_wgrad", layer.name, dtype, floor, operations, [=](const Context& ctx) {
                         const Operand x(ctx, from, dtype), dw(ctx, taps), dy(ctx, to, dtype);
                         return [=, &ctx] {
                           ctx.backend().conv_wgrad(dw.view(), x.view(), dy.view(), geometry,
                                                    GradMode::Overwrite, ctx);
                         };
                       }});
      cases.back().most = kHalos;
    }
}

}  // namespace bauta::bench
