#include "kernels/memory.h"

#include <cstring>

#include "kernels/host_memory.h"

namespace bauta::BAUTA_BACKEND {

void* allocate(std::size_t bytes) { return allocate_host_memory(bytes); }

void release(void* memory) noexcept { release_host_memory(memory); }

void* allocate_pinned(std::size_t bytes) { return allocate(bytes); }

void release_pinned(void* memory) noexcept { release(memory); }

void copy_in(void* to, const void* from, std::size_t bytes, const Context&) {
  if (bytes > 0) std::memcpy(to, from, bytes);
}

void copy_out(void* to, const void* from, std::size_t bytes, const Context&) {
  if (bytes > 0) std::memcpy(to, from, bytes);
}

void copy_in_together(std::span<const SmallCopy> copies, const Context& ctx) {
  for (const SmallCopy& copy : copies) copy_in(copy.to, copy.from, copy.bytes, ctx);
}

void queue_copy_out(void* to, const void* from, std::size_t bytes, const Context& ctx) {
  copy_out(to, from, bytes, ctx);
}

void copy_within(void* to, const void* from, std::size_t bytes, const Context&) {
  if (bytes > 0) std::memcpy(to, from, bytes);
}

void fill_zero(void* memory, std::size_t bytes, const Context&) {
  if (bytes > 0) std::memset(memory, 0, bytes);
}

}  // namespace bauta::BAUTA_BACKEND
