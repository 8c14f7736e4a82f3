// All that can be timed: each kernel at the networks' shapes, and the networks.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "bench/machine.h"
#include "bench/networks.h"
#include "bench/peaks.h"
#include "bench/stopwatch.h"
#include "nn/engine.h"

namespace bauta {

struct Benchmark {
  std::string kernel, what, storage;
  double operations = 0;         // floating-point, of convolutions and matrix products; 0: bytes alone count
  double bytes = 0;              // the fewest that a kernel must move; 0 of networks
  DType dtype = DType::Float32;  // whose peak counts
  bool of_network = false;
  // Allocates, and gives what to run.
  std::function<std::function<void()>(Engine&)> prepare;

  std::string name() const { return kernel + ' ' + what + ' ' + storage; }
  // Whether the name contains each of the words, which spaces part, in any order.
  bool matches(const std::string& words) const;
};

struct Measurement {
  Benchmark of;
  Timing timing;
  Peaks peaks;
  std::size_t memory = 0;  // bytes at most in use, tensors and scratch; 0 of kernels

  double operations_per_second() const { return of.operations / timing.seconds; }
  double bytes_per_second() const { return of.bytes / timing.seconds; }
  // Of the peak of what it is stored as; 0 where one of the two is not known. Above 1: it computes in fewer
  // products than it is counted for, as Winograd's convolutions do in a quarter.
  double share_of_arithmetic() const;
  double share_of_copy() const;
};

// The kernels' cases in the storages that the engine's backend has, then the networks in the engine's
// storage. Of bf16_backend() what it has of its own.
std::vector<Benchmark> benchmarks(const Engine& engine, const std::vector<NetworkCase>& networks,
                                  std::uint64_t seed);
// "adam, conv_dgrad, ...": each once.
std::string kernels_of(const std::vector<Benchmark>& all);

Measurement measure(const Benchmark& benchmark, Engine& engine, const Peaks& peaks, const Machine& machine,
                    Effort effort);

}  // namespace bauta
