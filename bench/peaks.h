// What measurements are held against: the most that this machine computes and copies, measured here and now.
#pragma once

#include <string>

#include "kernels/context.h"

namespace bauta {

// Operations and bytes a second; 0: not known.
struct Peaks {
  double float32 = 0;   // multiply-adds in registers, on all threads of the context; two operations each
  double bfloat16 = 0;  // the same, sums of products of bfloat16
  double copy = 0;      // read and written by a copy of memory that no cache holds
};

// Takes some tenths of a second. On a card nothing is said of operations: its kernels are several kinds of
// machine.
Peaks measure_arithmetic(const Context& ctx);
// Bytes a second, read and written. caches: bytes that caches hold.
double measure_copy(const Context& ctx, std::size_t caches);

// What a CPU backend was compiled with.
std::string compiler_flags(const Backend& backend);

}  // namespace bauta
