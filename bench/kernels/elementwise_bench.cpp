#include "bench/kernels/cases.h"

namespace bauta::bench {

void add_elementwise(std::vector<Case>& cases) {
  const Shape shape{1, 64, 64, 256}, picture{1, 256, 256, 3};
  for (DType dtype : kStorage) {
    cases.push_back({"axpby", name_of(shape), dtype, 3 * bytes(shape, dtype), 0, [=](const Context& ctx) {
                       const Operand y(ctx, shape, dtype), a(ctx, shape, dtype), b(ctx, shape, dtype);
                       return [=, &ctx] { ctx.backend().axpby(y.view(), 1, a.view(), 1, b.view(), ctx); };
                     }});
    cases.push_back(
        {"affine", name_of(picture), dtype, 2 * bytes(picture, dtype), 0, [=](const Context& ctx) {
           const Operand y(ctx, picture, dtype), x(ctx, picture, dtype);
           return [=, &ctx] { ctx.backend().affine(y.view(), x.view(), 0.5f, 0.5f, ctx); };
         }});
    cases.push_back({"multiply", name_of(shape), dtype, 3 * bytes(shape, dtype), 0, [=](const Context& ctx) {
                       const Operand y(ctx, shape, dtype), a(ctx, shape, dtype), b(ctx, shape, dtype);
                       return [=, &ctx] { ctx.backend().multiply(y.view(), a.view(), b.view(), ctx); };
                     }});
    cases.push_back({"clamp", name_of(picture), dtype, 2 * bytes(picture, dtype), 0, [=](const Context& ctx) {
                       const Operand y(ctx, picture, dtype), x(ctx, picture, dtype);
                       return [=, &ctx] { ctx.backend().clamp(y.view(), x.view(), -0.5f, 0.5f, ctx); };
                     }});
    cases.push_back({"fill", name_of(shape), dtype, bytes(shape, dtype), 0, [=](const Context& ctx) {
                       const Operand y(ctx, shape, dtype);
                       return [=, &ctx] { ctx.backend().fill(y.view(), 1, ctx); };
                     }});
    for (const auto& [name, op] :
         {std::pair{"RoundTo8Bits", UnaryOp::RoundTo8Bits}, {"Asinh", UnaryOp::Asinh}})
      cases.push_back({"unary", name_of(picture) + ' ' + name, dtype, 2 * bytes(picture, dtype), 0,
                       [=](const Context& ctx) {
                         const Operand y(ctx, picture, dtype), x(ctx, picture, dtype);
                         return [=, &ctx] { ctx.backend().unary(y.view(), x.view(), op, ctx); };
                       }});
  }
  for (DType to : kStorage) {  // the CPU's kernels know no bfloat16: no case of float32
    const DType from = to == DType::Float32 ? DType::BFloat16 : DType::Float32;
    cases.push_back({"convert", name_of(shape) + (to == DType::Float32 ? " to" : " from") + " float32",
                     DType::BFloat16, bytes(shape, to) + bytes(shape, from), 0, [=](const Context& ctx) {
                       const Operand y(ctx, shape, to), x(ctx, shape, from);
                       return [=, &ctx] { ctx.backend().convert(y.view(), x.view(), ctx); };
                     }});
  }
}

}  // namespace bauta::bench
