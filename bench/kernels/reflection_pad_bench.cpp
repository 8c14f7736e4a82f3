#include "bench/kernels/cases.h"

namespace bauta::bench {

void add_reflection_pad(std::vector<Case>& cases) {
  const std::pair<Shape, int> kLayers[] = {
      {{1, 256, 256, 3}, 3}, {{1, 64, 64, 256}, 1}, {{1, 256, 256, 64}, 3}};
  for (DType dtype : kStorage)
    for (const auto& [shape, padding] : kLayers) {
      const Shape padded{shape.n, shape.h + 2 * padding, shape.w + 2 * padding, shape.c};
      const double floor = bytes(shape, dtype) + bytes(padded, dtype);
      const std::string what = name_of(shape) + " by " + std::to_string(padding);
      cases.push_back({"reflection_pad_forward", what, dtype, floor, 0,
                       [=, shape = shape, padding = padding](const Context& ctx) {
                         const Operand y(ctx, padded, dtype), x(ctx, shape, dtype);
                         return [=, &ctx] {
                           ctx.backend().reflection_pad_forward(y.view(), x.view(), padding, ctx);
                         };
                       }});
      cases.push_back({"reflection_pad_backward", what, dtype, floor, 0,
                       [=, shape = shape, padding = padding](const Context& ctx) {
                         const Operand dx(ctx, shape, dtype), dy(ctx, padded, dtype);
                         return [=, &ctx] {
                           ctx.backend().reflection_pad_backward(dx.view(), dy.view(), padding, ctx);
                         };
                       }});
    }
}

}  // namespace bauta::bench
