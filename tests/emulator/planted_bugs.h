// Kernels with a mistake each, which the emulator must report, and the same without it, which it must not.
#pragma once

#include <sstream>
#include <string>
#include <vector>

#include "tests/emulator/device_array.h"

namespace planted {

// Which build must find it. What the emulator itself finds, every build does. Order: a wrong result in one of
// the orders of threads; ThreadSanitizer calls it a data race.
enum class FoundBy { Emulator, Order, Asan, Tsan };

struct Bug {
  const char* name;
  FoundBy found_by;
  const char* words;               // that the report must contain
  std::string (*run)(bool fixed);  // throws emulator::Error, or says what is wrong with the result
};

std::vector<Bug> bugs_in_blocks();    // barriers, races, launches
std::vector<Bug> bugs_in_warps();     // shuffles and votes
std::vector<Bug> bugs_in_memory();    // out of bounds, misaligned, uninitialized
std::vector<Bug> bugs_in_grids();     // between blocks
std::vector<Bug> bugs_in_streams();   // between launches
std::vector<Bug> bugs_in_captures();  // what becomes no graph

// A test's verdict: nothing, or the first value that differs.
template <class T>
std::string compare(const std::vector<T>& values, const std::vector<T>& expected) {
  for (std::size_t i = 0; i < values.size(); ++i)
    if (!(values[i] == expected[i])) {
      std::ostringstream out;
      out << "wrong result: " << values[i] << " at " << i << ", not " << expected[i];
      return out.str();
    }
  return "";
}

}  // namespace planted
