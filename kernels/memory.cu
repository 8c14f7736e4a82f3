// The card's memory, through the CUDA runtime.
#include "kernels/memory.h"

#include "kernels/gpu.h"

namespace bauta::BAUTA_BACKEND {

namespace {

void check(const char* operation, cudaError_t error, std::size_t bytes) {
  if (error == cudaSuccess) return;
  static_cast<void>(cudaGetLastError());  // or the next launch would report it too
  std::size_t free = 0, total = 0;
  static_cast<void>(cudaMemGetInfo(&free, &total));
  fail_check(operation, "CUDA does as asked", __FILE__, __LINE__, cudaGetErrorString(error), " (",
             bytes >> 20, " MiB asked for, ", free >> 20, " of ", total >> 20, " MiB free)");
}

}  // namespace

void* allocate(std::size_t bytes) {
  void* memory = nullptr;
  if (bytes == 0) return memory;
  const cudaError_t error = cudaMalloc(&memory, bytes);
  if (error == cudaErrorMemoryAllocation) {
    static_cast<void>(cudaGetLastError());  // or the next launch would report it too
    std::size_t free = 0, total = 0;
    static_cast<void>(cudaMemGetInfo(&free, &total));
    throw OutOfMemory(bytes, free, total);
  }
  check(__func__, error, bytes);
  return memory;
}

void release(void* memory) noexcept { static_cast<void>(cudaFree(memory)); }

void* allocate_pinned(std::size_t bytes) {
  void* memory = nullptr;
  if (bytes > 0) check(__func__, cudaMallocHost(&memory, bytes), bytes);
  return memory;
}

void release_pinned(void* memory) noexcept { static_cast<void>(cudaFreeHost(memory)); }

void copy_in(void* to, const void* from, std::size_t bytes, const Context& ctx) {
  check(__func__, cudaMemcpyAsync(to, from, bytes, cudaMemcpyHostToDevice, ctx.stream()), bytes);
}

void copy_out(void* to, const void* from, std::size_t bytes, const Context& ctx) {
  check(__func__, cudaMemcpyAsync(to, from, bytes, cudaMemcpyDeviceToHost, ctx.stream()), bytes);
  check(__func__, cudaStreamSynchronize(ctx.stream()), bytes);
}

void copy_within(void* to, const void* from, std::size_t bytes, const Context& ctx) {
  check(__func__, cudaMemcpyAsync(to, from, bytes, cudaMemcpyDeviceToDevice, ctx.stream()), bytes);
}

void fill_zero(void* memory, std::size_t bytes, const Context& ctx) {
  check(__func__, cudaMemsetAsync(memory, 0, bytes, ctx.stream()), bytes);
}

}  // namespace bauta::BAUTA_BACKEND
