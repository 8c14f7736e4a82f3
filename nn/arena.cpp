#include "nn/arena.h"

#include <algorithm>
#include <bit>

namespace bauta {

namespace {

// Capacities go in eighths of a power of two, from 2 MiB in steps of 256 KiB: near sizes share buffers, and
// little is wasted of the large ones.
std::size_t capacity_for(std::size_t bytes) {
  constexpr std::size_t kSmallest = 256, kLargestStep = 256 << 10;
  const std::size_t wanted = std::max(bytes, kSmallest);
  const std::size_t step = std::clamp(std::bit_floor(wanted) / 8, kSmallest, kLargestStep);
  return (wanted + step - 1) / step * step;
}

}  // namespace

std::shared_ptr<void> Arena::allocate(std::size_t bytes) {
  const std::size_t capacity = capacity_for(bytes);
  std::vector<void*>& reusable = free_[capacity];
  void* buffer = nullptr;
  if (reusable.empty()) {
    buffer = backend_.allocate(capacity);
    ++use_->allocations;
    use_->held += capacity;
  } else {
    buffer = reusable.back();
    reusable.pop_back();
  }
  use_->used += capacity;
  use_->most_used = std::max(use_->most_used, use_->used);
  // The deleter keeps the arena alive: a tensor may outlive the engine that made it.
  return {buffer,
          [arena = shared_from_this(), capacity](void* released) { arena->release(released, capacity); }};
}

void Arena::release(void* buffer, std::size_t capacity) {
  use_->used -= capacity;
  free_[capacity].push_back(buffer);
}

Arena::~Arena() { give_back(); }

void Arena::give_back() {
  for (auto& [capacity, buffers] : free_)
    for (void* buffer : buffers) {
      backend_.release(buffer);
      use_->held -= capacity;
    }
  free_.clear();
}

}  // namespace bauta
