// cuDNN's functions, loaded when they are first asked for: a program that was built with cuDNN starts on a
// machine without it, and runs there on the CPU.
#pragma once

#include <cudnn.h>

#include <string>

namespace bauta::cudnn {

struct Functions {
#define BAUTA_CUDNN(name) decltype(&::cudnn##name) name = nullptr;
#include "kernels/cudnn_functions.inc"
#undef BAUTA_CUDNN
};

// Throws CheckError with functions_problem().
const Functions& functions();

// Empty where cuDNN is there; else what is missing and what to do.
std::string functions_problem();

}  // namespace bauta::cudnn
