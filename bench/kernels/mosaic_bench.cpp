#include "bench/kernels/cases.h"

namespace bauta::bench {

void add_mosaic(std::vector<Case>& cases) {
  const Shape picture{16, 256, 256, 3};
  const std::vector<MosaicBox> boxes(16, {.x = 48, .y = 40, .width = 160, .height = 170, .block = 8});
  for (DType dtype : kStorage) {
    const double tensor = bytes(picture, dtype);
    cases.push_back({"mosaic", name_of(picture), dtype, 2 * tensor, 0, [=](const Context& ctx) {
                       const Operand y(ctx, picture, dtype), x(ctx, picture, dtype), of(ctx, boxes);
                       return [=, &ctx] {
                         ctx.backend().mosaic(y.view(), x.view(), {of.data<MosaicBox>(), boxes.size()}, ctx);
                       };
                     }});
    // Of the two pictures each pixel is read from one.
    cases.push_back({"box_select", name_of(picture), dtype, 2 * tensor, 0, [=](const Context& ctx) {
                       const Operand y(ctx, picture, dtype), a(ctx, picture, dtype), b(ctx, picture, dtype),
                           of(ctx, boxes);
                       return [=, &ctx] {
                         ctx.backend().box_select(y.view(), a.view(), b.view(),
                                                  {of.data<MosaicBox>(), boxes.size()}, ctx);
                       };
                     }});
  }
}

}  // namespace bauta::bench
