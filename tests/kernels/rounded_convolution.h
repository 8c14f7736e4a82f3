// What convolution with factors of 16 bits is to make (kernels/convolution_pairs.h,
// kernels/convolution_integers.h), in double: of factors rounded to bfloat16, or of tiles rounded to
// integers.
#pragma once

#include "tests/kernels/convolution_cases.h"

namespace bauta::test {

// Whether the kernels do it by tiles: kernels/winograd_transforms.h, winograd_fits.
bool by_tiles(const ConvCase& a);

// y of rounded x and w.
Array of_rounded(const ConvCase& a, const Array& x, const Array& w);
// dx of rounded dy and w.
Array gradient_of_rounded(const ConvCase& a, const Array& dy, const Array& w);

// Winograd's F(4x4, 3x3) at the points 0, 1/2, -1/2, 3/2, -3/2 and infinity, of rows rounded to integers.
Array tile_by_tile(const ConvCase& a, const Array& x, const Array& w);

}  // namespace bauta::test
