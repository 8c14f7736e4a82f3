// The CPU's memory, where large blocks lie in huge pages if the system has them: a network's weights alone
// are more pages of 4 KiB than the processor keeps the places of.
#pragma once

#include <cstddef>

namespace bauta {

// 256-byte aligned, contents undefined. Throws std::bad_alloc.
void* allocate_host_memory(std::size_t bytes);
void release_host_memory(void* memory) noexcept;

}  // namespace bauta
