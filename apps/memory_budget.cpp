#include "apps/memory_budget.h"

#include <unistd.h>

#include <algorithm>
#include <fstream>

namespace bauta {
namespace {

std::uint64_t memory_of_this_process() {
  auto bytes = static_cast<std::uint64_t>(std::max(1L, ::sysconf(_SC_PHYS_PAGES))) *
               static_cast<std::uint64_t>(std::max(1L, ::sysconf(_SC_PAGESIZE)));
  for (const char* path : {"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"}) {
    std::uint64_t limit = 0;
    if (std::ifstream(path) >> limit) bytes = std::min(bytes, limit);  // "max" is no number
  }
  return bytes;
}

}  // namespace

MemoryShare::~MemoryShare() { budget_.give_back(bytes_); }

MemoryBudget::MemoryBudget() : MemoryBudget(memory_of_this_process() / 2) {}

MemoryShare MemoryBudget::share(std::uint64_t bytes) {
  bytes = std::min(bytes, all_);
  std::unique_lock lock(mutex_);
  const std::uint64_t ticket = next_ticket_++;
  changed_.wait(lock, [&] { return served_ == ticket && free_ >= bytes; });
  ++served_;
  free_ -= bytes;
  changed_.notify_all();
  return {*this, bytes};
}

void MemoryBudget::give_back(std::uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  free_ += bytes;
  changed_.notify_all();
}

}  // namespace bauta
