// What the callers of the card's libraries share.
#pragma once

#include <cuda_runtime.h>

#include <cstddef>
#include <cstdint>
#include <string>

#include "kernels/check.h"
#include "kernels/context.h"

namespace bauta {

// What libraries ask of addresses, for loads of 16 bytes.
inline constexpr std::uintptr_t kLibraryAlignment = 16;

template <class... Pointers>
bool aligned_for_libraries(Pointers... pointers) {
  return ((reinterpret_cast<std::uintptr_t>(pointers) % kLibraryAlignment == 0) && ...);
}

// Whether the context's stream is recorded rather than run: nothing may then be waited for.
inline bool is_capturing(const Context& ctx) {
  cudaStreamCaptureStatus status = cudaStreamCaptureStatusNone;
  return cudaStreamIsCapturing(ctx.stream(), &status) != cudaSuccess || status != cudaStreamCaptureStatusNone;
}

// The context's scratch memory; null for none.
inline void* library_workspace(const Context& ctx, std::size_t bytes) {
  return bytes > 0 ? ctx.workspace((bytes + sizeof(float) - 1) / sizeof(float)) : nullptr;
}

// A library has not the memory that it wants for itself.
[[noreturn]] inline void fail_for_memory(const std::string& who) {
  std::size_t free = 0, total = 0;
  static_cast<void>(cudaMemGetInfo(&free, &total));
  throw OutOfMemory(who, free, total);
}

// Mixes the numbers that a key is made of.
class KeyHash {
 public:
  template <class... Numbers>
  KeyHash& add(Numbers... numbers) {
    ((hash_ = (hash_ ^ static_cast<std::size_t>(numbers)) * 0x100000001b3), ...);  // FNV-1a
    return *this;
  }
  std::size_t value() const { return hash_ ^ hash_ >> 32; }

 private:
  std::size_t hash_ = 0xcbf29ce484222325;
};

}  // namespace bauta
