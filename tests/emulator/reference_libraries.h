// Stands for cuDNN and cuBLASLt in the emulator: the CPU's plain kernels, on the emulated card's memory, as
// one piece of work on the context's stream. It takes every problem.
#pragma once

#include <memory>

#include "kernels/backend.h"

namespace bauta {

// Their calls throw emulator::Error when an operand is outside the device's memory (also at a replay), and in
// all the cases that a launch does (tests/emulator/emulator.h). Storage: float32, or bfloat16, which is
// computed in float32 and rounded once.
std::unique_ptr<Libraries> make_reference_libraries();

// The card's kernels in the emulator, with these libraries beside them.
extern const Backend emulated_with_libraries;

}  // namespace bauta
