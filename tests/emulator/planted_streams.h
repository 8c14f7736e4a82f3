// What planted bugs of streams and captures share: a launch that writes an array, and one that copies it.
#pragma once

#include "tests/emulator/planted_bugs.h"
#include "tests/emulator/stream_helpers.h"

namespace planted {

using bauta::BAUTA_BACKEND::Global;
using emulator::DeviceArray;
using emulator::Graph;
using emulator::Queue;
using emulator::run_kernel_on;
using emulator::wait_for;

constexpr unsigned kThreads = 32;
constexpr std::size_t kBytes = kThreads * sizeof(int);

__global__ inline void set_kernel(Global<int> x, int value) { x.write(threadIdx.x, value); }
inline void set(CUstream_st* stream, const DeviceArray<int>& x, int value, const char* name = "set") {
  run_kernel_on(stream, name, set_kernel, {1, kThreads}, x.data(), value);
}

__global__ inline void copy_kernel(Global<const int> x, Global<int> y) {
  y.write(threadIdx.x, x.read(threadIdx.x));
}
inline void copy(CUstream_st* stream, const DeviceArray<int>& x, const DeviceArray<int>& y,
                 const char* name = "copy") {
  run_kernel_on(stream, name, copy_kernel, {1, kThreads}, x.data(), y.data());
}

inline std::string check(const DeviceArray<int>& x, int value) {
  return compare(x.values(), std::vector<int>(kThreads, value));
}

}  // namespace planted
