// What the lanes of a warp do together: BlockRunner's part for it, and the operations built on it.
#include <bit>
#include <sstream>
#include <utility>

#include "tests/emulator/block_runner.h"
#include "tests/emulator/sanitizers.h"

namespace emulator {

namespace {

struct Shuffle {
  std::uint64_t value, result;
  int source_lane;
};

void apply_shuffle(void* const lanes[kLanes]) {
  for (int lane = 0; lane < kLanes; ++lane)
    if (auto* mine = static_cast<Shuffle*>(lanes[lane]))
      mine->result = static_cast<const Shuffle*>(lanes[mine->source_lane])->value;
}

struct Vote {
  bool predicate;
  std::uint32_t result;
};

void apply_vote(void* const lanes[kLanes]) {
  std::uint32_t result = 0;
  for (int lane = 0; lane < kLanes; ++lane)
    if (const auto* vote = static_cast<const Vote*>(lanes[lane]))
      result |= std::uint32_t{vote->predicate} << lane;
  for (int lane = 0; lane < kLanes; ++lane)
    if (auto* vote = static_cast<Vote*>(lanes[lane])) vote->result = result;
}

void apply_nothing(void* const[kLanes]) {}

// The running thread's; a call from anywhere else is an error.
BlockRunner& here() {
  if (!running) throw Error("a CUDA function was called outside a kernel");
  return *running;
}

}  // namespace

// The lanes that this one is to wait with, or null when something is wrong: the warp's problem.
BlockRunner::Group* BlockRunner::join(std::uint32_t mask, Apply apply, Site site) {
  const UnseenByTsan unseen;
  Warp& warp = warp_of(*current_);
  const std::uint32_t bit = 1u << lane();
  const auto refuse = [&](const char* problem) {
    if (!warp.problem) warp.problem = problem;
    return nullptr;
  };
  if (!(mask & bit)) return refuse("the calling lane is not in its own mask");
  if (mask & ~warp.exists) return refuse("the mask names a lane that does not exist");
  if (mask & warp.returned) return refuse("the mask names a lane that has returned");
  for (Group& group : warp.groups) {
    if (group.mask == mask) {
      if (group.apply != apply || !same(group.site, site))
        return refuse("lanes of one mask are at different warp operations");
      return &group;
    }
    if (group.mask & mask) return refuse("lanes disagree about the mask");
  }
  const int leader = std::countr_zero(mask);
  char* order = &warp.order[leader][warp.meetings[leader]++ & 1];
  return &warp.groups.emplace_back(Group{mask, 0, apply, site, order});
}

void BlockRunner::collective(std::uint32_t mask, void* mine, Apply apply, bool ordering, Site site) {
  Warp& warp = warp_of(*current_);
  const int lane = this->lane();
  current_->site = site;
  current_->mask = mask;
  Group* group = join(mask, apply, site);
  if (!group) return wait(State::AtWarp);  // for the end of the block
  void* const order = group->order;
  if (ordering) tsan_release(order);
  warp.lanes[lane] = mine;
  group->arrived |= 1u << lane;
  if (group->arrived != mask) {
    wait(State::AtWarp);
  } else {
    const UnseenByTsan unseen;
    warp.groups.erase(warp.groups.begin() + (group - warp.groups.data()));
    warp.ready |= mask & ~(1u << lane);
    void* lanes[kLanes];
    for (int i = 0; i < kLanes; ++i) lanes[i] = mask >> i & 1 ? warp.lanes[i] : nullptr;
    apply(lanes);
  }
  if (ordering) tsan_acquire(order);
}

std::uint64_t BlockRunner::shuffle(std::uint32_t mask, std::uint64_t value, int source_lane, Site site) {
  if (source_lane < 0 || source_lane >= kLanes || !(mask >> source_lane & 1)) {
    std::ostringstream out;
    out << "a shuffle reads lane " << source_lane << ", outside its mask 0x" << std::hex << mask << ", at "
        << site.file << ":" << std::dec << site.line;
    fail(out.str());
  }
  Shuffle mine{value, 0, source_lane};
  collective(mask, &mine, apply_shuffle, false, site);
  return mine.result;
}

int barrier(bool predicate, Site site) { return here().barrier(predicate, site); }

void sync_warp(std::uint32_t mask, Site site) { here().collective(mask, nullptr, apply_nothing, true, site); }

std::uint64_t shuffle(std::uint32_t mask, std::uint64_t value, int source_lane, Site site) {
  return here().shuffle(mask, value, source_lane, site);
}

std::uint32_t ballot(std::uint32_t mask, bool predicate, Site site) {
  Vote vote{predicate, 0};
  here().collective(mask, &vote, apply_vote, false, site);
  return vote.result;
}

void warp_collective(std::uint32_t mask, void* mine, Apply apply, Site site) {
  here().collective(mask, mine, apply, false, site);
}

void fence() { here().fence(); }
int lane() { return here().lane(); }
void* dynamic_shared() { return here().dynamic_shared(); }

}  // namespace emulator
