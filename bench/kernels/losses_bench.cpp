#include "bench/kernels/cases.h"

namespace bauta::bench {

void add_losses(std::vector<Case>& cases) {
  const Shape picture{1, 256, 256, 3}, scores{16, 30, 30, 1}, one{1, 1, 1, 1};
  for (DType dtype : kStorage) {
    cases.push_back(
        {"l1_loss", name_of(picture), dtype, 3 * bytes(picture, dtype), 0, [=](const Context& ctx) {
           const Operand loss(ctx, one), da(ctx, picture, dtype), a(ctx, picture, dtype),
               b(ctx, picture, dtype);
           return [=, &ctx] { ctx.backend().l1_loss(loss.view(), da.view(), a.view(), b.view(), ctx); };
         }});
    cases.push_back(
        {"lsgan_loss", name_of(scores), dtype, 2 * bytes(scores, dtype), 0, [=](const Context& ctx) {
           const Operand loss(ctx, one), dx(ctx, scores, dtype), x(ctx, scores, dtype);
           return [=, &ctx] { ctx.backend().lsgan_loss(loss.view(), dx.view(), x.view(), 1, ctx); };
         }});
    cases.push_back(
        {"log_loss", name_of(scores), dtype, 2 * bytes(scores, dtype), 0, [=](const Context& ctx) {
           const Operand loss(ctx, one), dx(ctx, scores, dtype), x(ctx, scores, dtype);
           return [=, &ctx] { ctx.backend().log_loss(loss.view(), dx.view(), x.view(), 1, ctx); };
         }});
    cases.push_back(
        {"wasserstein_loss", name_of(scores), dtype, 2 * bytes(scores, dtype), 0, [=](const Context& ctx) {
           const Operand loss(ctx, one), dx(ctx, scores, dtype), x(ctx, scores, dtype);
           return [=, &ctx] { ctx.backend().wasserstein_loss(loss.view(), dx.view(), x.view(), 1, ctx); };
         }});
  }
}

}  // namespace bauta::bench
