// How much memory pictures may take that are worked on at a time: bytes, not pictures.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>

namespace bauta {

class MemoryBudget;

// A part of a budget, given back when it is destroyed.
class MemoryShare {
 public:
  MemoryShare(MemoryBudget& budget, std::uint64_t bytes) : budget_(budget), bytes_(bytes) {}
  ~MemoryShare();
  MemoryShare(const MemoryShare&) = delete;
  MemoryShare& operator=(const MemoryShare&) = delete;

 private:
  MemoryBudget& budget_;
  std::uint64_t bytes_;
};

// For several threads, each of which holds one share at most, or they could wait for one another.
class MemoryBudget {
 public:
  // Default: half of what the machine has, or of what the control group may take if that is less.
  MemoryBudget();
  explicit MemoryBudget(std::uint64_t bytes) : free_(bytes), all_(bytes) {}

  // Waits until there is so much, those first who came first. What is more than all of it gets all of it,
  // alone.
  MemoryShare share(std::uint64_t bytes);

  std::uint64_t bytes() const { return all_; }

 private:
  friend class MemoryShare;
  void give_back(std::uint64_t bytes);

  std::mutex mutex_;
  std::condition_variable changed_;
  std::uint64_t free_, all_;
  std::uint64_t next_ticket_ = 0, served_ = 0;
};

}  // namespace bauta
