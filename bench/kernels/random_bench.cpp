#include "bench/kernels/cases.h"

namespace bauta::bench {

void add_random(std::vector<Case>& cases) {
  const Shape picture{1, 256, 256, 3};
  const std::vector<RandomStream> streams = {{1, 2}};
  for (DType dtype : kStorage) {
    cases.push_back(
        {"random_normal", name_of(picture), dtype, bytes(picture, dtype), 0, [=](const Context& ctx) {
           const Operand y(ctx, picture, dtype), stream(ctx, streams);
           return
               [=, &ctx] { ctx.backend().random_normal(y.view(), stream.data<RandomStream>(), 0, 1, ctx); };
         }});
    cases.push_back(
        {"random_uniform", name_of(picture), dtype, bytes(picture, dtype), 0, [=](const Context& ctx) {
           const Operand y(ctx, picture, dtype), stream(ctx, streams);
           return [=, &ctx] { ctx.backend().random_uniform(y.view(), stream.data<RandomStream>(), ctx); };
         }});
  }
}

}  // namespace bauta::bench
