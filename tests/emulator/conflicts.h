// Finds two blocks of a launch that access the same bytes, one of them writing, with nothing that orders
// them.
#pragma once

#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "tests/emulator/emulator.h"

namespace emulator {

// What orders two blocks: the first accesses, calls __threadfence, then adds to a counter with an atomic; the
// second adds to the same counter later, calls __threadfence, and accesses. This is followed with vector
// clocks whose unit is a block's fences: what a block did before its n-th fence is seen by whoever has heard
// of that fence. Fences count for the whole block, and an atomic hears for the whole block, so threads that
// lack a barrier in between go unnoticed here (ThreadSanitizer finds them).
class Conflicts {
 public:
  using Fences = std::vector<std::uint32_t>;  // by block: how many of its fences one has heard of
  struct Clock {
    std::uint32_t block = 0, fences = 0;
    Fences heard, rumours;  // rumours: from atomics since the last fence, which makes them heard
    void fence();
  };

  // Block numbers start at 1. After `limit` accesses it lets all go by.
  Conflicts(const char* launcher, dim3 grid, std::uint64_t first_block, std::uint64_t limit,
            bool several_workers);
  ~Conflicts();

  // Throws Error when the bytes were accessed by another block and it may not be.
  void access(Access kind, std::uintptr_t address, std::size_t bytes, Clock& clock, Site site);

 private:
  // Who did something last. block 0: nobody.
  struct Mark {
    std::uint32_t block, fences, site;
  };
  struct Cell {
    Mark writer, reader;
  };
  struct Page;

  Page& page_of(std::uintptr_t address);
  void hear(std::uintptr_t address, Clock& clock);
  std::uint32_t number_of(Site site);
  [[noreturn]] void report(const Mark& before, const char* did, const Mark& now, const char* does,
                           std::uintptr_t address) const;
  std::string say(const Mark& mark, const char* verb) const;

  const char* launcher_;
  dim3 grid_;
  std::uint64_t first_block_, left_;
  bool several_workers_;
  std::mutex mutex_;
  std::unordered_map<std::uintptr_t, std::unique_ptr<Page>> pages_;
  std::unordered_map<std::uintptr_t, Fences> counters_;
  std::vector<const char*> files_;
  std::uintptr_t last_page_ = 0;
  Page* last_ = nullptr;
};

}  // namespace emulator
