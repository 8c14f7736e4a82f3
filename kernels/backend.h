// A backend: every launcher, for one device and instruction set. An op is added by declaring its launcher in
// a header of its own, defining it in the file of the same stem, and one line in launchers.inc. What is no op
// (memory, streams) is listed in services.inc.
#pragma once

#include "kernels/activations.h"
#include "kernels/adam.h"
#include "kernels/bias.h"
#include "kernels/convolution.h"
#include "kernels/copy_part.h"
#include "kernels/depthwise_convolution.h"
#include "kernels/elementwise.h"
#include "kernels/fused_norm.h"
#include "kernels/gemm.h"
#include "kernels/image_pool.h"
#include "kernels/instance_norm.h"
#include "kernels/libraries.h"
#include "kernels/losses.h"
#include "kernels/memory.h"
#include "kernels/mosaic.h"
#include "kernels/pictures.h"
#include "kernels/pooling.h"
#include "kernels/prelu.h"
#include "kernels/random.h"
#include "kernels/reductions.h"
#include "kernels/reflection_pad.h"
#include "kernels/resampling_matrix.h"
#include "kernels/separable_convolution.h"
#include "kernels/streams.h"

namespace bauta {

struct Backend {
  const char* name;

#define BAUTA_LAUNCHER(function) decltype(&BAUTA_BACKEND::function) function;
#include "kernels/launchers.inc"
#undef BAUTA_LAUNCHER

#define BAUTA_SERVICE(function) decltype(&BAUTA_BACKEND::function) function;
#include "kernels/services.inc"
#undef BAUTA_SERVICE
  // Null where it is made of its parts.
  decltype(&BAUTA_BACKEND::separable_fprop) separable_fprop = nullptr;

  bool graphs;  // whether work can be captured: kernels/streams.h
  // Whether convolutions multiply factors of 16 bits, though tensors are float32: backend_bf16.cpp.
  bool rounds_factors = false;

  // For each context of its own; null where every kernel is bauta's. Throws CheckError.
  std::unique_ptr<Libraries> (*make_libraries)() = nullptr;
};

namespace cpu_baseline {
extern const Backend backend;
}
namespace cpu_avx2 {
extern const Backend backend;
}
namespace cpu_avx512 {
extern const Backend backend;
}
// cpu_avx512 with factors of 16 bits in convolutions: backend_bf16.cpp.
namespace cpu_avx512_bf16 {
extern const Backend backend;
}
// The same, bit for bit, with AMX's tiles for 3x3 convolutions of stride 1: integer_bytes.h.
namespace cpu_avx512_amx {
extern const Backend backend;
// Whether the tiles, which must be there, multiply as they should.
bool tiles_multiply();
}  // namespace cpu_avx512_amx

}  // namespace bauta
