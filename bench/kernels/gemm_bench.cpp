#include "bench/kernels/cases.h"

namespace bauta::bench {

void add_gemm(std::vector<Case>& cases) {
  const Shape a{256, 1, 1, 1792}, b{512, 1, 1, 1792}, c{256, 1, 1, 512};  // a fully connected layer
  for (DType dtype : kStorage) {
    cases.push_back({"gemm", "256x512x1792, b transposed", dtype,
                     bytes(a, dtype) + bytes(b, dtype) + bytes(c, dtype), 2.0 * 256 * 512 * 1792,
                     [=](const Context& ctx) {
                       const Operand left(ctx, a, dtype), right(ctx, b, dtype), product(ctx, c, dtype);
                       return [=, &ctx] {
                         ctx.backend().gemm(product.view(), left.view(), Transpose::No, right.view(),
                                            Transpose::Yes, ctx);
                       };
                     }});
    // Tiles read their rows and columns again, and split sums pass through memory.
    cases.back().most = dtype == DType::Float32 ? 6.3 : 7.5;
  }
}

}  // namespace bauta::bench
