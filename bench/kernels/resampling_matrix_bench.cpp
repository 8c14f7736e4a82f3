#include "bench/kernels/cases.h"

namespace bauta::bench {

void add_resampling_matrix(std::vector<Case>& cases) {
  const Shape matrix{1, 480, 768, 1};  // 160 pixels of a line of 256, three channels
  const std::vector<MosaicBox> box{{.x = 48, .y = 40, .width = 160, .height = 170, .block = 8}};
  for (DType dtype : kStorage)
    cases.push_back(
        {"resampling_matrix", name_of(matrix), dtype, bytes(matrix, dtype), 0, [=](const Context& ctx) {
           const Operand y(ctx, matrix, dtype), of(ctx, box);
           return [=, &ctx] {
             ctx.backend().resampling_matrix(y.view(), {of.data<MosaicBox>(), box.size()}, Along::X, 1.15f, 3,
                                             ctx);
           };
         }});
}

}  // namespace bauta::bench
