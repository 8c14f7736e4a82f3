#include "bench/kernels/cases.h"

namespace bauta::bench {

void add_pooling(std::vector<Case>& cases) {
  const Shape shape{8, 80, 80, 64};
  const PoolWindow window{3, 2, 1};
  const Shape pooled{shape.n, window.output_size(shape.h), window.output_size(shape.w), shape.c};
  for (DType dtype : kStorage) {
    const double floor = bytes(shape, dtype) + bytes(pooled, dtype);
    const std::string what = name_of(shape) + ", 3x3 stride 2";
    cases.push_back({"avg_pool_forward", what, dtype, floor, 0, [=](const Context& ctx) {
                       const Operand y(ctx, pooled, dtype), x(ctx, shape, dtype);
                       return [=, &ctx] { ctx.backend().avg_pool_forward(y.view(), x.view(), window, ctx); };
                     }});
    cases.push_back({"avg_pool_backward", what, dtype, floor, 0, [=](const Context& ctx) {
                       const Operand dx(ctx, shape, dtype), dy(ctx, pooled, dtype);
                       return
                           [=, &ctx] { ctx.backend().avg_pool_backward(dx.view(), dy.view(), window, ctx); };
                     }});
    cases.push_back({"max_pool_select", what, dtype, floor, 0, [=](const Context& ctx) {
                       const Operand y(ctx, pooled, dtype), x(ctx, shape, dtype);
                       return [=, &ctx] {
                         ctx.backend().max_pool_select(y.view(), x.view(), x.view(), window, ctx);
                       };
                     }});
    cases.push_back(
        {"max_pool_scatter", what, dtype, floor + bytes(shape, dtype), 0, [=](const Context& ctx) {
           const Operand dx(ctx, shape, dtype), dy(ctx, pooled, dtype), x(ctx, shape, dtype);
           return [=, &ctx] { ctx.backend().max_pool_scatter(dx.view(), dy.view(), x.view(), window, ctx); };
         }});
  }
}

}  // namespace bauta::bench
