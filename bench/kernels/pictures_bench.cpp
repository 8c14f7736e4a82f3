#include "bench/kernels/cases.h"

namespace bauta::bench {

namespace {

constexpr int kSource = 286;  // the reference implementation loads pictures at 286 and cuts 256 out of them

}  // namespace

void add_pictures(std::vector<Case>& cases) {
  const Shape picture{16, 256, 256, 3};
  for (DType dtype : kStorage) {
    const double elements = static_cast<double>(picture.count()), tensor = bytes(picture, dtype);
    for (bool mirrored : {false, true})
      cases.push_back({"augment", name_of(picture) + (mirrored ? " mirrored" : ""), dtype, elements + tensor,
                       0, [=](const Context& ctx) {
                         const Operand y(ctx, picture, dtype);
                         const Operand pixels(ctx, std::vector<std::uint8_t>(kSource * kSource * 3, 77));
                         const PictureCut cut{.pixels = pixels.data<std::uint8_t>(),
                                              .width = kSource,
                                              .height = kSource,
                                              .x = 13,
                                              .y = 9,
                                              .mirrored = mirrored};
                         const Operand cuts(ctx, std::vector<PictureCut>(16, cut));
                         return [=, &ctx, kept = pixels] {  // cuts point into them
                           ctx.backend().augment(y.view(), {cuts.data<PictureCut>(), 16}, ctx);
                         };
                       }});
    cases.push_back({"to_bytes", name_of(picture), dtype, elements + tensor, 0, [=](const Context& ctx) {
                       const Operand out(ctx, std::vector<std::uint8_t>(picture.count())),
                           x(ctx, picture, dtype);
                       return [=, &ctx] { ctx.backend().to_bytes(out.data<std::uint8_t>(), x.view(), ctx); };
                     }});
  }
}

}  // namespace bauta::bench
