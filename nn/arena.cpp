#include "nn/arena.h"

#include <algorithm>
#include <bit>
#include <new>

namespace bauta {

namespace {

constexpr std::align_val_t kAlignment{256};

// Capacities go in eighths of a power of two: at most 12.5 % is wasted, and near sizes share buffers.
std::size_t capacity_for(std::size_t floats) {
  const std::size_t wanted = std::max<std::size_t>(floats, 64);
  const std::size_t step = std::max<std::size_t>(std::bit_floor(wanted) / 8, 64);
  return (wanted + step - 1) / step * step;
}

}  // namespace

std::shared_ptr<float[]> Arena::allocate(std::size_t floats) {
  const std::size_t capacity = capacity_for(floats);
  std::vector<float*>& reusable = free_[capacity];
  float* buffer = nullptr;
  if (reusable.empty()) {
    buffer = static_cast<float*>(::operator new(capacity * sizeof(float), kAlignment));
    ++system_allocations_;
    bytes_held_ += capacity * sizeof(float);
  } else {
    buffer = reusable.back();
    reusable.pop_back();
  }
  // The deleter keeps the arena alive: a tensor may outlive the engine that made it.
  return {buffer,
          [arena = shared_from_this(), capacity](float* released) { arena->release(released, capacity); }};
}

void Arena::release(float* buffer, std::size_t capacity) { free_[capacity].push_back(buffer); }

Arena::~Arena() {
  for (auto& [capacity, buffers] : free_)
    for (float* buffer : buffers) ::operator delete(buffer, kAlignment);
}

}  // namespace bauta
