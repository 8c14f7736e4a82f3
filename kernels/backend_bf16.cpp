// The table of a backend that rounds a convolution's factors to bfloat16 (convolution_pairs.h): another
// one's, but for fprop and dgrad. Tensors stay float32, and so does all that is no product of a convolution;
// gradients of weights, too.
//
// Compiled for any x86-64, because the table is filled in when the program starts, on whatever machine.
// BAUTA_BACKEND: the table's name; BAUTA_OTHERS: whose launchers the others are.
#include "kernels/float32_only.h"

namespace bauta {

namespace BAUTA_OTHERS {
extern const Backend backend;
}

namespace BAUTA_BACKEND {
namespace {
constexpr char name_of_fprop[] = "conv_fprop", name_of_dgrad[] = "conv_dgrad";
}

extern const Backend backend;
const Backend backend = [] {
  Backend table = BAUTA_OTHERS::backend;
  table.name = BAUTA_NAME_OF(BAUTA_BACKEND);
  table.conv_fprop = Float32Only<&conv_fprop, name_of_fprop>::call;
  table.conv_dgrad = Float32Only<&conv_dgrad, name_of_dgrad>::call;
  table.rounds_factors = true;
  return table;
}();

}  // namespace BAUTA_BACKEND
}  // namespace bauta
