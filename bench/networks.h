// What users wait for: a generator's forward pass and a training step.
#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "cyclegan/networks/generator.h"

namespace bauta {

enum class NetworkTask { Forward, Step };

struct NetworkCase {
  NetworkTask task = NetworkTask::Forward;
  GeneratorConfig generator;
  int size = 256, batch = 1;
  std::filesystem::path file = {};  // Forward: the weights; empty: drawn

  std::string name() const { return task == NetworkTask::Forward ? "forward" : "step"; }
  std::string what() const;  // "reference 256x256, ngf 64, 9 blocks, batch 1"
};

// Allocates networks and pictures, drawn from the seed, and gives what to run; the work is queued when it
// returns. A generator's weights stay, and kernels keep what they make of them, as in the program. Throws
// FileError.
std::function<void()> prepare(const NetworkCase& network, Engine& engine, std::uint64_t seed);

// Floating-point operations of the convolutions and matrix products, two a product, however they are
// computed. A transposed convolution counts on its input's grid.
double operations_of(const NetworkCase& network);

}  // namespace bauta
