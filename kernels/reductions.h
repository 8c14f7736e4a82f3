// Sums over whole dimensions, and their adjoint.
//
//   reduce_sum  y[...] = sum of x over each dimension in which y has size 1 and x more
//   broadcast   y[...] = x[...], repeated along each dimension in which x has size 1
//
// The larger shape must agree with the smaller one in every dimension where that is not 1, or CheckError.
// Accumulates pairwise or in double: a sum of a million ones is a million. Does not depend on the thread
// count. x and y may be stored differently.
#pragma once

#include "kernels/launcher.h"

namespace bauta::BAUTA_BACKEND {

void reduce_sum(View y, ConstView x, const Context& ctx);
void broadcast(View y, ConstView x, const Context& ctx);

}  // namespace bauta::BAUTA_BACKEND
