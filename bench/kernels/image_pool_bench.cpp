#include "bench/kernels/cases.h"

namespace bauta::bench {

void add_image_pool(std::vector<Case>& cases) {
  constexpr int kCapacity = 50;  // the paper's
  for (int count : {1, 16}) {
    const Shape pictures{count, 256, 256, 3}, pool{kCapacity, 256, 256, 3};
    // Every other picture is exchanged, as they are once the pool is full.
    std::vector<PoolChoice> choices(static_cast<std::size_t>(count));
    for (int n = 0; n < count; n += 2) choices[static_cast<std::size_t>(n)] = {.show = 3 * n, .keep = 3 * n};
    const double exchanged = (count + 1) / 2;
    for (DType dtype : kStorage)
      cases.push_back({"pool_exchange",
                       name_of(pictures) + (count > 1 ? ", every other exchanged" : ", exchanged"), dtype,
                       2 * bytes(pictures, dtype) + 2 * exchanged * bytes({1, 256, 256, 3}, dtype), 0,
                       [=](const Context& ctx) {
                         const Operand shown(ctx, pictures, dtype), storage(ctx, pool, dtype),
                             fakes(ctx, pictures, dtype), of(ctx, choices);
                         return [=, &ctx] {
                           ctx.backend().pool_exchange(shown.view(), storage.view(), fakes.view(),
                                                       {of.data<PoolChoice>(), choices.size()}, ctx);
                         };
                       }});
  }
}

}  // namespace bauta::bench
