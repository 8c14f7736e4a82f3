// Counts the sectors of global memory that warps touch: LaunchTraffic in emulator.h.
#pragma once

#include <vector>

#include "tests/emulator/emulator.h"

namespace emulator {

// One per host thread and launch.
class TrafficCounter {
 public:
  void begin_block(int threads);
  void access(int thread, Access kind, std::uintptr_t address, Site site);
  void end_block();

  std::uint64_t loaded_bytes() const { return loaded_bytes_; }
  std::uint64_t stored_bytes() const { return stored_bytes_; }

 private:
  struct Place {
    Access kind;
    Site site;
    std::vector<std::uint32_t> times;  // that each thread came here
  };
  struct Touch {
    std::uint32_t place, time;
    std::uintptr_t sector;
    auto operator<=>(const Touch&) const = default;
  };

  std::vector<Place> places_;
  std::vector<std::vector<Touch>> warps_;
  std::uint64_t loaded_bytes_ = 0, stored_bytes_ = 0;
};

void add_traffic(LaunchTraffic launch);
void add_work(WorkDone work);
void count(std::uint64_t Counts::*what);

}  // namespace emulator
