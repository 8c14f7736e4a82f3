#include "bench/kernels/cases.h"

namespace bauta::bench {

void add_random(std::vector<Case>& cases) {
  const Shape picture{1, 256, 256, 3};
  for (DType dtype : kStorage)
    cases.push_back(
        {"random_normal", name_of(picture), dtype, bytes(picture, dtype), 0, [=](const Context& ctx) {
           const Operand y(ctx, picture, dtype);
           return [=, &ctx] { ctx.backend().random_normal(y.view(), {1, 2}, 0, 1, ctx); };
         }});
}

}  // namespace bauta::bench
