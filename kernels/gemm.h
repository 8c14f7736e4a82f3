// Matrix product: c = op(a) op(b), op transposing where asked. Matrices are views (rows, 1, 1, columns),
// row-major.
#pragma once

#include "kernels/launcher.h"

namespace bauta {

enum class Transpose { No, Yes };

namespace BAUTA_BACKEND {

// Throws CheckError when the sizes do not fit, or the matrices are not stored alike.
void gemm(View c, ConstView a, Transpose op_a, ConstView b, Transpose op_b, const Context& ctx);

}  // namespace BAUTA_BACKEND
}  // namespace bauta
