#include "bench/kernels/cases.h"

namespace bauta::bench {

namespace {

struct Copy {
  const char* name;
  Shape to, from;
  Part part;
  Rest rest;
  double most = 1.15;  // bytes that may move, as multiples of the floor
};

// FaceNet: a branch's 96 channels put into the 384 of Inception-ResNet's block B, and taken out again; a
// picture padded by one pixel below and to the right, and one cropped above and to the left.
const Copy kCopies[] = {
    {"8x17x17x96 into 384 channels",
     {8, 17, 17, 384},
     {8, 17, 17, 96},
     {{0, 0, 192}, {}, 17, 17, 96},
     Rest::Kept},
    {"8x17x17x96 of 384 channels",
     {8, 17, 17, 96},
     {8, 17, 17, 384},
     {{}, {0, 0, 192}, 17, 17, 96},
     Rest::Zero},
    {"8x160x160x3 with a margin", {8, 161, 161, 3}, {8, 160, 160, 3}, {{}, {}, 160, 160, 3}, Rest::Zero, 1.3},
    {"8x160x160x3 without one",
     {8, 160, 160, 3},
     {8, 161, 161, 3},
     {{}, {1, 1, 0}, 160, 160, 3},
     Rest::Zero,
     1.3}};

}  // namespace

void add_copy_part(std::vector<Case>& cases) {
  for (DType dtype : kStorage)
    for (const Copy& copy : kCopies) {
      const Shape part{copy.to.n, copy.part.height, copy.part.width, copy.part.channels};
      const double floor = bytes(part, dtype) + bytes(copy.rest == Rest::Zero ? copy.to : part, dtype);
      cases.push_back({"copy_part", copy.name, dtype, floor, 0, [=](const Context& ctx) {
                         const Operand to(ctx, copy.to, dtype), from(ctx, copy.from, dtype);
                         return [=, &ctx] {
                           ctx.backend().copy_part(to.view(), from.view(), copy.part, copy.rest, ctx);
                         };
                       }});
      cases.back().most = copy.most;
    }
}

}  // namespace bauta::bench
