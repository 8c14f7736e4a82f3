#include "bench/kernels/cases.h"

namespace bauta::bench {

namespace {

// YuNet's of a part of 736 pixels a side: its first ones, a late one, and a head.
struct Layer {
  Shape x;
  int outputs;
};
const Layer kLayers[] = {{{1, 368, 368, 16}, 16},
                         {{1, 184, 184, 16}, 32},
                         {{1, 184, 184, 32}, 64},
                         {{1, 92, 92, 64}, 64},
                         {{1, 92, 92, 64}, 10}};

}  // namespace

// In one pass, or, where the backend has none, its parts one after another.
void add_separable_convolution(std::vector<Case>& cases) {
  for (const auto& [from, outputs] : kLayers) {
    const Shape to{from.n, from.h, from.w, outputs}, across{outputs, 1, 1, from.c}, each{1, 3, 3, outputs},
        bias{1, 1, 1, outputs};
    double moved = 2 * bytes(bias, DType::Float32);
    for (const Shape& shape : {from, to, across, each}) moved += bytes(shape, DType::Float32);
    const double operations = 2.0 * static_cast<double>(to.count()) * (from.c + 9);
    cases.push_back({"separable_fprop", name_of(from) + " to " + std::to_string(outputs), DType::Float32,
                     moved, operations, [=](const Context& ctx) {
                       const Operand x(ctx, from), u(ctx, across), a(ctx, bias), v(ctx, each), b(ctx, bias),
                           t(ctx, to), y(ctx, to);
                       return [=, &ctx] {
                         const Backend& kernels = ctx.backend();
                         if (kernels.separable_fprop)
                           return kernels.separable_fprop(
                               y.view(), x.view(), {u.view(), a.view(), v.view(), b.view()}, true, ctx);
                         kernels.conv_fprop(t.view(), x.view(), u.view(), {1, 0}, ctx);
                         kernels.bias_add(t.view(), t.view(), a.view(), ctx);
                         kernels.depthwise_fprop(y.view(), t.view(), v.view(), {1, 1}, ctx);
                         kernels.bias_add(y.view(), y.view(), b.view(), ctx);
                         kernels.leaky_relu_forward(y.view(), y.view(), 0, ctx);
                       };
                     }});
    cases.back().counted = false;
  }
}

}  // namespace bauta::bench
