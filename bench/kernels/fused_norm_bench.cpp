#include "bench/kernels/cases.h"

namespace bauta::bench {

// As the generator has them: what follows a convolution of a residual block (ReLU first, the sum second), and
// what follows the outermost ones.
void add_fused_norm(std::vector<Case>& cases) {
  constexpr float kEps = 1e-5f;
  constexpr double kTwoReadings = 1.72;  // once for the statistics, once for the result
  struct Layer {
    Shape shape;
    int border;
    bool residual;
  };
  const Layer kLayers[] = {{{1, 64, 64, 256}, 1, false},
                           {{1, 64, 64, 256}, 1, true},
                           {{1, 128, 128, 128}, 0, false},
                           {{1, 256, 256, 64}, 3, false}};
  for (DType dtype : kStorage)
    for (const auto& [shape, border, residual] : kLayers) {
      const auto in_halo = [shape = shape](int halo) {
        return Shape{shape.n, shape.h + 2 * halo, shape.w + 2 * halo, shape.c};
      };
      const Shape statistics{shape.n, 1, 1, shape.c}, bordered = in_halo(border), framed = in_halo(1);
      const double tensor = bytes(shape, dtype), padded = bytes(bordered, dtype);
      const std::string what =
          name_of(shape) + " border " + std::to_string(border) + (residual ? ", residual" : "");
      cases.push_back({"fused_norm_forward", what, dtype, tensor + padded + (residual ? tensor : 0), 0,
                       [=, shape = shape, residual = residual](const Context& ctx) {
                         const Operand y(ctx, bordered, dtype), mean(ctx, statistics), rstd(ctx, statistics);
                         const Operand x(ctx, shape, dtype), added(ctx, residual ? framed : Shape{}, dtype);
                         return [=, &ctx] {
                           ctx.backend().fused_norm_forward(y.view(), mean.view(), rstd.view(), x.view(),
                                                            residual ? added.view() : View(), kEps, 0, ctx);
                         };
                       }});
      cases.back().most = kTwoReadings;
      // The sum's gradient is also the next block's, and the first's is read again: extra and d_residual.
      cases.push_back({"fused_norm_backward", what, dtype, 2 * tensor + padded + (residual ? 2 * tensor : 0),
                       0, [=, shape = shape, residual = residual](const Context& ctx) {
                         const Operand dx(ctx, shape, dtype), dy(ctx, bordered, dtype), x(ctx, shape, dtype);
                         const Operand mean(ctx, statistics), rstd(ctx, statistics);
                         const Operand extra(ctx, residual ? shape : Shape{}, dtype),
                             out(ctx, residual ? shape : Shape{}, dtype);
                         return [=, &ctx] {
                           ctx.backend().fused_norm_backward(dx.view(), residual ? out.view() : View(),
                                                             dy.view(), residual ? extra.view() : View(),
                                                             x.view(), mean.view(), rstd.view(), 0, ctx);
                         };
                       }});
      cases.back().most = kTwoReadings;
    }
}

}  // namespace bauta::bench
