// The threads of one block as fibers on one host thread, and what they wait for.
#pragma once

#include <cstring>
#include <exception>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "tests/emulator/conflicts.h"
#include "tests/emulator/emulator.h"
#include "tests/emulator/fiber.h"
#include "tests/emulator/races.h"
#include "tests/emulator/traffic.h"

namespace emulator {

constexpr int kLanes = 32;

inline bool same(Site a, Site b) {
  return a.line == b.line && (a.file == b.file || std::strcmp(a.file, b.file) == 0);
}

struct Launch {
  const char* launcher;
  dim3 grid, block;
  std::size_t shared_bytes;
  const std::function<void()>& thread;
};

// Runs blocks one after the other, and keeps the fibers for the next launch. One per host thread.
class BlockRunner {
 public:
  BlockRunner() = default;
  ~BlockRunner() = default;
  BlockRunner(const BlockRunner&) = delete;
  BlockRunner& operator=(const BlockRunner&) = delete;

  // All but the launch may be null.
  void begin_launch(const Launch& launch, Conflicts* conflicts, TrafficCounter* traffic, Touches* touches);
  // number: in the grid; position: among the blocks that run, from 1.
  void run_block(std::uint64_t number, std::uint32_t position);
  void end_launch();

  // From the running thread:
  int barrier(bool predicate, Site site);
  // ordering: whether the lanes see each other's writes afterwards.
  void collective(std::uint32_t mask, void* mine, Apply apply, bool ordering, Site site);
  std::uint64_t shuffle(std::uint32_t mask, std::uint64_t value, int source_lane, Site site);
  void watch(Access kind, const void* pointer, std::size_t bytes, Site site);
  void fence();
  void begin_shared(std::size_t bytes);
  int lane() const { return current_->number % kLanes; }
  void* dynamic_shared() const;
  [[noreturn]] void fail(const std::string& what) const;  // naming launcher, block and thread

 private:
  enum class State { Unstarted, Running, AtBarrier, AtWarp, Returned };
  struct Thread {
    Fiber* fiber = nullptr;  // not before it starts, nor after it returns
    State state = State::Unstarted;
    int number = 0;  // in the block
    uint3 index = {};
    Site site;  // what it waits at, with which mask
    std::uint32_t mask = 0;
  };
  // Lanes of a warp that wait for each other.
  struct Group {
    std::uint32_t mask, arrived;
    Apply apply;
    Site site;
    void* order;  // what ThreadSanitizer knows this meeting by
  };
  struct Warp {
    std::uint32_t exists, ready, returned;
    std::vector<Group> groups;
    const char* problem;
    void* lanes[kLanes];             // what they brought
    unsigned char meetings[kLanes];  // by the lowest lane of the mask: alternates between two places
    char order[kLanes][2];
  };
  struct Free {
    void operator()(std::byte* memory) const;
  };

  Warp& warp_of(const Thread& thread) { return warps_[static_cast<std::size_t>(thread.number / kLanes)]; }
  void shape(dim3 block);
  void run_warp(int warp);
  void resume(Thread& thread);
  void fiber_main(Fiber& self);
  void run_thread();
  bool take_next();
  int pick(std::uint32_t ready);
  void finish_barrier();
  void abandon();
  void wait(State state);
  Group* join(std::uint32_t mask, Apply apply, Site site);
  std::string describe(const std::string& what) const;
  std::string place() const;

  const Launch* launch_ = nullptr;
  Conflicts* conflicts_ = nullptr;
  TrafficCounter* traffic_ = nullptr;
  Touches* touches_ = nullptr;
  std::vector<std::unique_ptr<Fiber>> fibers_;
  std::vector<Fiber*> idle_;
  std::vector<Thread> threads_;
  std::vector<Warp> warps_;
  std::vector<int> warp_order_;
  dim3 shape_ = {0, 0, 0};
  int count_ = 0;

  // The running block.
  Thread* current_ = nullptr;
  Conflicts::Clock clock_;
  std::unique_ptr<std::byte, Free> shared_;
  std::size_t static_shared_ = 0;
  int returned_ = 0, arrived_ = 0, predicates_ = 0, barrier_total_ = 0;
  bool same_barrier_ = true, abandoning_ = false;
  Site barrier_site_;
  unsigned barriers_ = 0;
  std::exception_ptr exception_;
  std::minstd_rand random_;
  char barrier_order_[2] = {}, begin_order_ = 0, end_order_ = 0;  // for ThreadSanitizer
};

// Throws Error when no card would take the launch, or when a kernel asks for it.
void check_launch(const char* launcher, dim3 grid, dim3 block, std::size_t shared_bytes);

// The one that runs a kernel on this host thread, if any.
inline constinit thread_local BlockRunner* running = nullptr;

}  // namespace emulator
