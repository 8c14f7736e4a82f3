// The most that a core computes: loops of multiply-adds that touch registers alone, compiled for each
// instruction set as the kernels are.
#pragma once

#include <cstdint>
#include <vector>

#include "kernels/launcher.h"

namespace bauta {

struct ArithmeticLoop {
  double operations;  // of one round: two a multiply-add
  // So many rounds on this thread. What it returns is of no use, but has to be computed.
  float (*run)(std::int64_t rounds);
};

struct InstructionSet {
  const char* backend;  // its name
  const char* flags;    // of the compiler
  ArithmeticLoop float32;
  // Sums in float32 of products of two bfloat16; `run` is null where the instruction set, as the kernels are
  // compiled for it, or this machine has no instruction for them.
  ArithmeticLoop (*bfloat16)();
};

// The one that a CPU backend runs on; its name begins with that of the instruction set's own. Throws
// CheckError if there is none.
const InstructionSet& instruction_set(const char* backend);

}  // namespace bauta
