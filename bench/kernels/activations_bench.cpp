#include "bench/kernels/cases.h"

namespace bauta::bench {

void add_activations(std::vector<Case>& cases) {
  constexpr float kSlope = 0.2f;
  for (DType dtype : kStorage)
    for (const Shape& shape : {Shape{1, 128, 128, 64}, Shape{16, 128, 128, 64}}) {
      const double tensor = bytes(shape, dtype);
      cases.push_back({"leaky_relu_forward", name_of(shape), dtype, 2 * tensor, 0, [=](const Context& ctx) {
                         const Operand x(ctx, shape, dtype), y(ctx, shape, dtype);
                         return
                             [=, &ctx] { ctx.backend().leaky_relu_forward(y.view(), x.view(), kSlope, ctx); };
                       }});
      cases.push_back({"leaky_relu_backward", name_of(shape), dtype, 3 * tensor, 0, [=](const Context& ctx) {
                         const Operand dx(ctx, shape, dtype), dy(ctx, shape, dtype), y(ctx, shape, dtype);
                         return [=, &ctx] {
                           ctx.backend().leaky_relu_backward(dx.view(), dy.view(), y.view(), kSlope, ctx);
                         };
                       }});
    }
  const Shape picture{1, 256, 256, 3};
  for (DType dtype : kStorage)
    cases.push_back(
        {"tanh_forward", name_of(picture), dtype, 2 * bytes(picture, dtype), 0, [=](const Context& ctx) {
           const Operand x(ctx, picture, dtype), y(ctx, picture, dtype);
           return [=, &ctx] { ctx.backend().tanh_forward(y.view(), x.view(), ctx); };
         }});
  for (DType dtype : kStorage)
    cases.push_back(
        {"tanh_backward", name_of(picture), dtype, 3 * bytes(picture, dtype), 0, [=](const Context& ctx) {
           const Operand dx(ctx, picture, dtype), dy(ctx, picture, dtype), y(ctx, picture, dtype);
           return [=, &ctx] { ctx.backend().tanh_backward(dx.view(), dy.view(), y.view(), ctx); };
         }});
}

}  // namespace bauta::bench
