#include "bench/kernels/cases.h"

namespace bauta::bench {

void add_bias(std::vector<Case>& cases) {
  const Shape shape{1, 128, 128, 64};  // the discriminator's first layer
  for (DType dtype : kStorage) {
    const Shape channels{1, 1, 1, shape.c};
    cases.push_back({"bias_add", name_of(shape), dtype, 2 * bytes(shape, dtype), 0, [=](const Context& ctx) {
                       const Operand y(ctx, shape, dtype), x(ctx, shape, dtype), b(ctx, channels);
                       return [=, &ctx] { ctx.backend().bias_add(y.view(), x.view(), b.view(), ctx); };
                     }});
    cases.push_back({"bias_grad", name_of(shape), dtype, bytes(shape, dtype), 0, [=](const Context& ctx) {
                       const Operand db(ctx, channels), dy(ctx, shape, dtype);
                       return [=, &ctx] {
                         ctx.backend().bias_grad(db.view(), dy.view(), GradMode::Overwrite, ctx);
                       };
                     }});
  }
}

}  // namespace bauta::bench
