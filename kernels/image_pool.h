// A discriminator's memory of fake pictures (Shrivastava et al. 2017; Zhu et al. 2017, section 4), in one
// pass.
//
//   for each new picture n, in order:
//     shown[n] = show < 0 ? fakes[n] : storage[show];  then, if keep >= 0:  storage[keep] = fakes[n]
//
// So picture n + 1 may be shown what picture n has just left in the pool. shown, fakes (N,H,W,C) and storage
// (capacity,H,W,C) are stored alike; one choice a picture, in the backend's memory. shown may be fakes. A
// capacity of 0 is allowed where nothing is shown or kept.
#pragma once

#include <span>

#include "kernels/launcher.h"

namespace bauta {

struct PoolChoice {
  int show = -1;  // the place whose picture is shown; -1: the new one itself
  int keep = -1;  // the place where the new one is remembered, after the shown one was read; -1: nowhere

  constexpr bool operator==(const PoolChoice&) const = default;
};

namespace BAUTA_BACKEND {

// A place is in [-1, capacity), or CheckError on the CPU; on a card, which cannot look before it starts, it
// counts as -1.
void pool_exchange(View shown, View storage, ConstView fakes, std::span<const PoolChoice> choices,
                   const Context& ctx);

}  // namespace BAUTA_BACKEND
}  // namespace bauta
