#include "tests/emulator/runtime.h"

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <string>
#include <utility>

#include "tests/emulator/emulator.h"
#include "tests/emulator/memory.h"
#include "tests/emulator/streams.h"
#include "tests/emulator/traffic.h"

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
  emulator::forbid_in_capture("cudaMalloc");
  emulator::count(&emulator::Counts::allocations);
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
  const bool breaks = emulator::breaks_capture("cudaFree");
  const std::size_t bytes = emulator::remove_device_memory(memory);
  if (bytes == 0) return result(cudaErrorInvalidValue);
  in_use -= bytes;
  std::free(memory);
  return breaks ? result(cudaErrorStreamCaptureUnsupported) : cudaSuccess;
}

cudaError_t cudaMallocHost(void** memory, std::size_t bytes) {
  emulator::forbid_in_capture("cudaMallocHost");
  const std::size_t wanted = bytes > 0 ? bytes : 1;
  if (posix_memalign(memory, 256, wanted) != 0) return result(cudaErrorMemoryAllocation);
  std::memset(*memory, 0xff, wanted);
  emulator::add_pinned_memory(*memory, wanted);
  return cudaSuccess;
}

cudaError_t cudaFreeHost(void* memory) {
  if (!memory) return cudaSuccess;
  const bool breaks = emulator::breaks_capture("cudaFreeHost");
  if (!emulator::remove_pinned_memory(memory)) return result(cudaErrorInvalidValue);
  std::free(memory);
  return breaks ? result(cudaErrorStreamCaptureUnsupported) : cudaSuccess;
}

cudaError_t cudaMemcpyAsync(void* to, const void* from, std::size_t bytes, cudaMemcpyKind kind,
                            cudaStream_t stream) {
  if (bytes == 0) return cudaSuccess;
  const bool to_device = kind == cudaMemcpyHostToDevice || kind == cudaMemcpyDeviceToDevice;
  const bool from_device = kind == cudaMemcpyDeviceToHost || kind == cudaMemcpyDeviceToDevice;
  if (on_device(to, bytes) != to_device || on_device(from, bytes) != from_device)
    return result(cudaErrorInvalidValue);
  const std::string name = std::string("cudaMemcpyAsync ") + (from_device ? "device" : "host") + " to " +
                           (to_device ? "device" : "host");
  const bool to_pinned = !to_device && emulator::in_pinned_memory(to, bytes);
  const bool from_pinned = !from_device && emulator::in_pinned_memory(from, bytes);
  if (!(to_device || to_pinned) || !(from_device || from_pinned)) {
    if (emulator::is_captured(stream, name))
      emulator::fail_capture_of(stream, name, "the program's memory is not pinned");
    emulator::count(&emulator::Counts::pageable_copies);
  }
  emulator::submit(stream, name, [=] {
    const bool there = on_device(to, bytes) == to_device && on_device(from, bytes) == from_device &&
                       emulator::in_pinned_memory(to, bytes) == to_pinned &&
                       emulator::in_pinned_memory(from, bytes) == from_pinned;
    if (!there) throw emulator::Error(name + ": its memory was freed after the capture");
    emulator::touch(false, from, bytes);
    emulator::touch(true, to, bytes);
    std::memmove(to, from, bytes);
  });
  return cudaSuccess;
}

cudaError_t cudaMemcpy(void* to, const void* from, std::size_t bytes, cudaMemcpyKind kind) {
  emulator::forbid_in_capture("cudaMemcpy");
  const cudaError_t error = cudaMemcpyAsync(to, from, bytes, kind);
  return error == cudaSuccess ? cudaStreamSynchronize(nullptr) : error;
}

cudaError_t cudaMemsetAsync(void* memory, int value, std::size_t bytes, cudaStream_t stream) {
  if (bytes == 0) return cudaSuccess;
  if (!on_device(memory, bytes)) return result(cudaErrorInvalidValue);
  emulator::submit(stream, "cudaMemsetAsync", [=] {
    if (!on_device(memory, bytes))
      throw emulator::Error("cudaMemsetAsync: its memory was freed after the capture");
    emulator::touch(true, memory, bytes);
    std::memset(memory, value, bytes);
  });
  return cudaSuccess;
}

cudaError_t cudaMemset(void* memory, int value, std::size_t bytes) {
  emulator::forbid_in_capture("cudaMemset");
  return cudaMemsetAsync(memory, value, bytes);
}

cudaError_t cudaMemGetInfo(std::size_t* free, std::size_t* total) {
  const std::size_t used = in_use;
  *total = emulator::options.device_bytes;
  *free = used < *total ? *total - used : 0;
  return cudaSuccess;
}

const char* cudaGetErrorString(cudaError_t error) {
  switch (error) {
    case cudaSuccess:
      return "no error";
    case cudaErrorInvalidValue:
      return "invalid argument";
    case cudaErrorMemoryAllocation:
      return "out of memory";
    case cudaErrorInvalidResourceHandle:
      return "invalid resource handle";
    case cudaErrorStreamCaptureUnsupported:
      return "operation not permitted when stream is capturing";
  }
  return "unrecognized error code";
}

cudaError_t cudaGetLastError() { return std::exchange(last_error, cudaSuccess); }
