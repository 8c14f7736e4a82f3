#include "tests/emulator/runtime.h"

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "tests/emulator/emulator.h"
#include "tests/emulator/memory.h"

namespace {

std::atomic<std::size_t> in_use{0};
constinit thread_local cudaError_t last_error = cudaSuccess;

cudaError_t result(cudaError_t error) {
  if (error != cudaSuccess) last_error = error;
  return error;
}

bool on_device(const void* memory, std::size_t bytes) { return emulator::in_device_memory(memory, bytes); }

}  // namespace

cudaError_t cudaMalloc(void** memory, std::size_t bytes) {
  const std::size_t wanted = bytes > 0 ? bytes : 1;
  const std::size_t before = in_use.fetch_add(wanted);
  const bool fits =
      before <= emulator::options.device_bytes && wanted <= emulator::options.device_bytes - before;
  if (!fits || posix_memalign(memory, 256, wanted) != 0) {
    in_use -= wanted;
    return result(cudaErrorMemoryAllocation);
  }
  std::memset(*memory, 0xff, wanted);
  emulator::add_device_memory(*memory, wanted);
  return cudaSuccess;
}

cudaError_t cudaFree(void* memory) {
  if (!memory) return cudaSuccess;
  const std::size_t bytes = emulator::remove_device_memory(memory);
  if (bytes == 0) return result(cudaErrorInvalidValue);
  in_use -= bytes;
  std::free(memory);
  return cudaSuccess;
}

cudaError_t cudaMemcpyAsync(void* to, const void* from, std::size_t bytes, cudaMemcpyKind kind,
                            cudaStream_t) {
  if (bytes == 0) return cudaSuccess;
  const bool to_device = kind == cudaMemcpyHostToDevice || kind == cudaMemcpyDeviceToDevice;
  const bool from_device = kind == cudaMemcpyDeviceToHost || kind == cudaMemcpyDeviceToDevice;
  if (on_device(to, bytes) != to_device || on_device(from, bytes) != from_device)
    return result(cudaErrorInvalidValue);
  std::memmove(to, from, bytes);
  return cudaSuccess;
}

cudaError_t cudaMemcpy(void* to, const void* from, std::size_t bytes, cudaMemcpyKind kind) {
  return cudaMemcpyAsync(to, from, bytes, kind);
}

cudaError_t cudaMemsetAsync(void* memory, int value, std::size_t bytes, cudaStream_t) {
  if (bytes == 0) return cudaSuccess;
  if (!on_device(memory, bytes)) return result(cudaErrorInvalidValue);
  std::memset(memory, value, bytes);
  return cudaSuccess;
}

cudaError_t cudaMemset(void* memory, int value, std::size_t bytes) {
  return cudaMemsetAsync(memory, value, bytes);
}

cudaError_t cudaMemGetInfo(std::size_t* free, std::size_t* total) {
  const std::size_t used = in_use;
  *total = emulator::options.device_bytes;
  *free = used < *total ? *total - used : 0;
  return cudaSuccess;
}

cudaError_t cudaStreamSynchronize(cudaStream_t) { return cudaSuccess; }
cudaError_t cudaDeviceSynchronize() { return cudaSuccess; }

const char* cudaGetErrorString(cudaError_t error) {
  switch (error) {
    case cudaSuccess:
      return "no error";
    case cudaErrorInvalidValue:
      return "invalid argument";
    case cudaErrorMemoryAllocation:
      return "out of memory";
  }
  return "unrecognized error code";
}

cudaError_t cudaGetLastError() { return std::exchange(last_error, cudaSuccess); }
