// CUDA's built-in variables, which the scheduler sets.
#pragma once

#include "tests/emulator/emulator.h"

inline constinit thread_local uint3 threadIdx{}, blockIdx{};
inline constinit thread_local dim3 blockDim{}, gridDim{};
inline constexpr int warpSize = 32;
