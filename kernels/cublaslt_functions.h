// cuBLASLt's functions, loaded when they are first asked for: the library is half a gigabyte, and every start
// of a program would wait a quarter of a second for it, with a card or without.
#pragma once

#include <cublasLt.h>

namespace bauta::cublaslt {

struct Functions {
#define BAUTA_CUBLASLT(name) decltype(&::cublasLt##name) name = nullptr;
#include "kernels/cublaslt_functions.inc"
#undef BAUTA_CUBLASLT
};

// Null where the library of the build cannot be loaded here.
const Functions* functions();

}  // namespace bauta::cublaslt
