#include "bench/kernels/cases.h"

namespace bauta::bench {

void add_reductions(std::vector<Case>& cases) {
  const Shape shape{1, 64, 64, 256};
  const std::pair<const char*, Shape> kTargets[] = {
      {"a channel", {1, 1, 1, 256}}, {"a pixel", {1, 64, 64, 1}}, {"one number", {1, 1, 1, 1}}};
  for (DType dtype : kStorage)
    for (const auto& [name, target] : kTargets) {
      const double floor = bytes(shape, dtype) + bytes(target, dtype);
      const std::string what = name_of(shape) + ", " + name;
      cases.push_back({"reduce_sum", what, dtype, floor, 0, [=, target = target](const Context& ctx) {
                         const Operand y(ctx, target, dtype), x(ctx, shape, dtype);
                         return [=, &ctx] { ctx.backend().reduce_sum(y.view(), x.view(), ctx); };
                       }});
      cases.push_back({"broadcast", what, dtype, floor, 0, [=, target = target](const Context& ctx) {
                         const Operand y(ctx, shape, dtype), x(ctx, target, dtype);
                         return [=, &ctx] { ctx.backend().broadcast(y.view(), x.view(), ctx); };
                       }});
    }
}

}  // namespace bauta::bench
