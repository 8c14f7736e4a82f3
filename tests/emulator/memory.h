// Which of the program's memory plays the card's, and which is pinned.
#pragma once

#include <cstddef>

namespace emulator {

void add_device_memory(const void* memory, std::size_t bytes);
std::size_t remove_device_memory(const void* memory);  // how many bytes began there; 0: none
bool in_device_memory(const void* memory, std::size_t bytes);

void add_pinned_memory(const void* memory, std::size_t bytes);
bool remove_pinned_memory(const void* memory);  // whether any began there
bool in_pinned_memory(const void* memory, std::size_t bytes);

void forget_accesses(const void* memory, std::size_t bytes);  // by streams, of memory that goes: streams.cpp

}  // namespace emulator
