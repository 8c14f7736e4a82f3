// Every launcher is declared once, in the namespace BAUTA_BACKEND, and defined once a backend: CMake
// compiles kernels/*_cpu.cpp for each instruction set with BAUTA_BACKEND=cpu_baseline, cpu_avx2, cpu_avx512.
// Callers never name a backend: they go through the table in kernels/backend.h.
#pragma once

#include "kernels/context.h"
#include "kernels/view.h"

#ifndef BAUTA_BACKEND
#define BAUTA_BACKEND cpu_baseline
#endif
