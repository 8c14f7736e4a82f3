// One Adam step (Kingma, Ba 2015, algorithm 1) over one flat buffer.
//
//   m = beta1 m + (1 - beta1) g;  v = beta2 v + (1 - beta2) g^2
//   w -= learning_rate * (m / (1 - beta1^step)) / (sqrt(v / (1 - beta2^step)) + eps)
//
// All views of one shape. w, m and v are float32; g is too, or on a card bfloat16. Where w_rounded is not
// null it gets w rounded to bfloat16 in the same pass, for the kernels that read weights so.
#pragma once

#include <cstdint>

#include "kernels/launcher.h"

namespace bauta {

struct AdamOptions {
  float beta1 = 0.5f, beta2 = 0.999f;
  float eps = 1e-8f;
};

// What changes from step to step, in the backend's memory: a step that was captured as a CUDA graph counts on
// when it is replayed, and learns at the rate that is there by then.
struct AdamClock {
  std::int64_t step = 0;  // how many were done; each call counts one more
  float learning_rate = 2e-4f;
};

namespace BAUTA_BACKEND {

// clock->step must not be negative: CheckError on the CPU; on a card, which cannot look before it starts, it
// counts as 0.
void adam(View w, bfloat16* w_rounded, View m, View v, ConstView g, const AdamOptions& options,
          AdamClock* clock, const Context& ctx);

}  // namespace BAUTA_BACKEND
}  // namespace bauta
