// One Adam step (Kingma, Ba 2015, algorithm 1) over one flat buffer.
//
//   m = beta1 m + (1 - beta1) g;  v = beta2 v + (1 - beta2) g^2
//   w -= lr * (m / (1 - beta1^step)) / (sqrt(v / (1 - beta2^step)) + eps)
//
// step counts from 1. All views of one shape.
#pragma once

#include <cstdint>

#include "kernels/launcher.h"

namespace bauta {

struct AdamOptions {
  float learning_rate = 2e-4f;
  float beta1 = 0.5f, beta2 = 0.999f;
  float eps = 1e-8f;
};

namespace BAUTA_BACKEND {

void adam(View w, View m, View v, ConstView g, const AdamOptions& options, std::int64_t step,
          const Context& ctx);

}  // namespace BAUTA_BACKEND
}  // namespace bauta
