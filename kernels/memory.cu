// The card's memory, through the CUDA runtime.
#include "kernels/memory.h"

#include <algorithm>
#include <cstring>

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

// What one launch brings along, within the 4 KiB that its arguments may take.
constexpr int kMostPieces = 16, kMostBytes = 3072;
struct Parcel {
  std::uint8_t* to[kMostPieces];
  int ends[kMostPieces];  // in `bytes`; each begins where the one before ends
  std::uint8_t bytes[kMostBytes];
  int pieces = 0, filled = 0;
};

// A thread takes every kThreads-th byte of each piece.
constexpr int kUnpackingThreads = 128;
__global__ void unpack_kernel(Parcel parcel) {
  int begin = 0;
  for (int piece = 0; piece < parcel.pieces; ++piece) {
    const Global<std::uint8_t> to(parcel.to[piece]);
    const int end = parcel.ends[piece];
    for (int i = begin + static_cast<int>(threadIdx.x); i < end; i += kUnpackingThreads)
      to.write(i - begin, parcel.bytes[i]);
    begin = end;
  }
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

void copy_in_together(std::span<const SmallCopy> copies, const Context& ctx) {
  Parcel parcel;
  const auto send = [&] {
    if (parcel.pieces == 0) return;
    launch("copy_in_together", unpack_kernel, {.grid = 1, .threads = kUnpackingThreads}, ctx, parcel);
    parcel.pieces = parcel.filled = 0;
  };
  for (const SmallCopy& copy : copies)
    for (std::size_t done = 0; done < copy.bytes;) {
      if (parcel.pieces == kMostPieces || parcel.filled == kMostBytes) send();
      const auto room = static_cast<std::size_t>(kMostBytes - parcel.filled);
      const std::size_t count = std::min(copy.bytes - done, room);
      std::memcpy(parcel.bytes + parcel.filled, static_cast<const std::uint8_t*>(copy.from) + done, count);
      parcel.filled += static_cast<int>(count);
      parcel.to[parcel.pieces] = static_cast<std::uint8_t*>(copy.to) + done;
      parcel.ends[parcel.pieces++] = parcel.filled;
      done += count;
    }
  send();
}

void queue_copy_out(void* to, const void* from, std::size_t bytes, const Context& ctx) {
  check(__func__, cudaMemcpyAsync(to, from, bytes, cudaMemcpyDeviceToHost, ctx.stream()), bytes);
}

void copy_within(void* to, const void* from, std::size_t bytes, const Context& ctx) {
  check(__func__, cudaMemcpyAsync(to, from, bytes, cudaMemcpyDeviceToDevice, ctx.stream()), bytes);
}

void fill_zero(void* memory, std::size_t bytes, const Context& ctx) {
  check(__func__, cudaMemsetAsync(memory, 0, bytes, ctx.stream()), bytes);
}

}  // namespace bauta::BAUTA_BACKEND
