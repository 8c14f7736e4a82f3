#include "bench/kernels/cases.h"

namespace bauta::bench {

void add_instance_norm(std::vector<Case>& cases) {
  constexpr float kEps = 1e-5f;
  constexpr double kTwoReadings = 1.72;  // once for the statistics, once for the result
  for (DType dtype : kStorage)
    for (const Shape& shape : kFeatureMaps) {
      const double tensor = bytes(shape, dtype);
      const Shape statistics{shape.n, 1, 1, shape.c};
      cases.push_back(
          {"instance_norm_forward", name_of(shape), dtype, 2 * tensor, 0, [=](const Context& ctx) {
             const Operand y(ctx, shape, dtype), rstd(ctx, statistics), x(ctx, shape, dtype);
             return [=, &ctx] {
               ctx.backend().instance_norm_forward(y.view(), rstd.view(), x.view(), kEps, ctx);
             };
           }});
      cases.back().most = kTwoReadings;
      cases.push_back(
          {"instance_norm_backward", name_of(shape), dtype, 3 * tensor, 0, [=](const Context& ctx) {
             const Operand dx(ctx, shape, dtype), dy(ctx, shape, dtype), y(ctx, shape, dtype);
             const Operand rstd(ctx, statistics);
             return [=, &ctx] {
               ctx.backend().instance_norm_backward(dx.view(), dy.view(), y.view(), rstd.view(), ctx);
             };
           }});
      cases.back().most = kTwoReadings;
    }
}

}  // namespace bauta::bench
