// Convolutions between three channels and many, which libraries do badly: a generator's first layer (7x7, 3
// to 64) and its last (64 to 3). Called by convolution.cu; *.cu only.
//
// Both layers and all their gradients are three computations. A wide tensor has many channels, a narrow
// one 3:
//   to three    narrow[i, j, k] = sum over r,s,c of wide[i+r-p, j+s-p, c] * weight(c, k, r, s)
//               the last layer; dgrad of the first
//   from three  wide[i, j, c] = sum over r,s,k of narrow[i+r-p, j+s-p, k] * weight(c, k, r, s)
//               the first layer; dgrad of the last
//   wgrad       g[c, r, s, k] = sum over pixels i,j of wide[i, j, c] * narrow[i+r-p, j+s-p, k]
//               of both, for the last layer with its taps turned around
// In dgrad too: weight(c, k, r, s) is then that of tap (R-1-r, S-1-s), and p is R-1 - padding.
#pragma once

#include "kernels/convolution.h"
#include "kernels/gpu.h"

namespace bauta::BAUTA_BACKEND {

// Whether x and y, of fprop, dgrad or wgrad alike, are such a pair: 3 channels, and 16, 48 or a multiple of
// 32 up to 128; windows of 3x3, 5x5 or 7x7, stride 1, padding less than the window; the wide tensor and the
// weights at multiples of 16 bytes.
bool three_channels_fit(ConstView x, ConstView y, ConstView w, ConvGeometry geometry);

// to three or from three, as the shapes say; padding is p. turned: as dgrad takes the taps.
void three_channels_correlate(View to, ConstView from, ConstView w, bool turned, int padding,
                              const Context& ctx);
// dw from x and dy; padding is the convolution's.
void three_channels_wgrad(View dw, ConstView x, ConstView dy, int padding, GradMode mode, const Context& ctx);

// ---- what these are made of, a file each; shapes fit

void correlate_to_three(View narrow, ConstView wide, ConstView w, bool turned, int padding,
                        const Context& ctx);
void correlate_from_three(View wide, ConstView narrow, ConstView w, bool turned, int padding,
                          const Context& ctx);
// turned: dw is the last layer's.
void wgrad_of_three(View dw, ConstView wide, ConstView narrow, bool turned, int padding, GradMode mode,
                    const Context& ctx);

}  // namespace bauta::BAUTA_BACKEND
