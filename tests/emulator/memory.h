// Which of the program's memory plays the card's.
#pragma once

#include <cstddef>

namespace emulator {

void add_device_memory(const void* memory, std::size_t bytes);
std::size_t remove_device_memory(const void* memory);  // how many bytes began there; 0: none
bool in_device_memory(const void* memory, std::size_t bytes);

}  // namespace emulator
