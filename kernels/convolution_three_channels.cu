// Which convolutions have three channels on one side and many on the other, and which of the three
// computations each pass is.
#include "kernels/convolution_three_channels.h"

namespace bauta::BAUTA_BACKEND {

bool three_channels_fit(ConstView x, ConstView y, ConstView weights, ConvGeometry geometry) {
  const Shape& w = weights.shape;
  const ConstView& wide = w.n == 3 ? x : y;
  const int channels = w.n == 3 ? w.c : w.n;
  return (w.n == 3 || w.c == 3) && (channels == 16 || channels == 48 || channels % 32 == 0) &&
         channels >= 16 && channels <= 128 && w.h == w.w && (w.h == 3 || w.h == 5 || w.h == 7) &&
         geometry.stride == 1 && geometry.padding < w.h && aligned(16, wide.data) &&
         aligned(16, weights.data);
}

void three_channels_correlate(View to, ConstView from, ConstView w, bool turned, int padding,
                              const Context& ctx) {
  (to.shape.c == 3 ? correlate_to_three : correlate_from_three)(to, from, w, turned, padding, ctx);
}

void three_channels_wgrad(View dw, ConstView x, ConstView dy, int padding, GradMode mode,
                          const Context& ctx) {
  if (dw.shape.c == 3)
    wgrad_of_three(dw, dy, x, false, padding, mode, ctx);
  else
    wgrad_of_three(dw, x, dy, true, dw.shape.h - 1 - padding, mode, ctx);
}

}  // namespace bauta::BAUTA_BACKEND
