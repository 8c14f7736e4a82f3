#include "bench/kernels/cases.h"

namespace bauta::bench {

void add_prelu(std::vector<Case>& cases) {
  const Shape shape{8, 56, 56, 64};  // MobileFaceNet's first layers
  const Shape channels{1, 1, 1, shape.c};
  for (DType dtype : kStorage) {
    const double tensor = bytes(shape, dtype);
    cases.push_back(
        {"prelu_gate", name_of(shape) + ", forward", dtype, 2 * tensor, 0, [=](const Context& ctx) {
           const Operand y(ctx, shape, dtype), x(ctx, shape, dtype), slope(ctx, channels);
           return [=, &ctx] { ctx.backend().prelu_gate(y.view(), x.view(), x.view(), slope.view(), 1, ctx); };
         }});
    cases.push_back(
        {"prelu_gate", name_of(shape) + ", backward", dtype, 3 * tensor, 0, [=](const Context& ctx) {
           const Operand dx(ctx, shape, dtype), dy(ctx, shape, dtype), x(ctx, shape, dtype),
               slope(ctx, channels);
           return
               [=, &ctx] { ctx.backend().prelu_gate(dx.view(), dy.view(), x.view(), slope.view(), 1, ctx); };
         }});
    cases.push_back({"prelu_slope_grad", name_of(shape), dtype, 2 * tensor, 0, [=](const Context& ctx) {
                       const Operand dslope(ctx, channels), dy(ctx, shape, dtype), x(ctx, shape, dtype);
                       return [=, &ctx] {
                         ctx.backend().prelu_slope_grad(dslope.view(), dy.view(), x.view(), x.view(),
                                                        GradMode::Overwrite, ctx);
                       };
                     }});
  }
}

}  // namespace bauta::bench
