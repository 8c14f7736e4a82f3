#include "kernels/host_memory.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstdlib>
#include <new>

namespace bauta {

namespace {

constexpr std::size_t kAlignment = 256, kHugePage = std::size_t{2} << 20;

}  // namespace

void* allocate_host_memory(std::size_t bytes) {
  const bool large = bytes >= kHugePage;
  void* memory = nullptr;
  if (posix_memalign(&memory, large ? kHugePage : kAlignment, std::max<std::size_t>(bytes, 1)) != 0)
    throw std::bad_alloc();
  // Whole pages alone, lest more be taken than was asked for. A system that has none does without.
  if (large) (void)madvise(memory, bytes / kHugePage * kHugePage, MADV_HUGEPAGE);
  return memory;
}

void release_host_memory(void* memory) noexcept { std::free(memory); }

}  // namespace bauta
