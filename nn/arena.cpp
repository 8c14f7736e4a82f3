#include "nn/arena.h"

#include <algorithm>

namespace bauta {

namespace {

constexpr std::size_t kAlignment = 256;
// A small tensor that lives long must not stand in the middle of a large free block.
constexpr std::size_t kLargestRatio = 8;

}  // namespace

std::shared_ptr<void> Arena::allocate(std::size_t bytes) {
  Block* const block = take((std::max<std::size_t>(bytes, 1) + kAlignment - 1) / kAlignment * kAlignment);
  block->free = false;
  use_->used += block->bytes;
  use_->most_used = std::max(use_->most_used, use_->used);
  // The deleter keeps the arena alive: a tensor may outlive the engine that made it.
  return {block->begin, [arena = shared_from_this(), block](void*) { arena->release(block); }};
}

// The smallest free block that is large enough, cut to size, or one from the backend.
Arena::Block* Arena::take(std::size_t bytes) {
  const auto found = free_.lower_bound({bytes, nullptr});
  if (found == free_.end() || found->first.first > bytes * kLargestRatio) {
    auto* const data = static_cast<std::byte*>(backend_.allocate(bytes));
    ++use_->allocations;
    use_->held += bytes;
    return new Block{data, bytes};
  }
  Block* const block = found->second;
  free_.erase(found);
  if (block->bytes > bytes) {
    auto* const rest = new Block{block->begin + bytes, block->bytes - bytes, block, block->after};
    if (rest->after) rest->after->before = rest;
    block->after = rest;
    block->bytes = bytes;
    keep(rest);
  }
  return block;
}

void Arena::release(Block* block) {
  use_->used -= block->bytes;
  if (block->after && block->after->free) join(block, block->after);
  if (Block* const before = block->before; before && before->free) {
    free_.erase({before->bytes, before->begin});
    join(before, block);
    block = before;
  }
  keep(block);
}

void Arena::keep(Block* block) {
  block->free = true;
  free_.emplace(std::pair(block->bytes, block->begin), block);
}

void Arena::join(Block* block, Block* after) {
  free_.erase({after->bytes, after->begin});
  block->bytes += after->bytes;
  block->after = after->after;
  if (block->after) block->after->before = block;
  delete after;
}

void Arena::give_back() {
  for (auto entry = free_.begin(); entry != free_.end();) {
    Block* const block = entry->second;
    if (block->before || block->after) {
      ++entry;
      continue;
    }
    backend_.release(block->begin);
    use_->held -= block->bytes;
    delete block;
    entry = free_.erase(entry);
  }
}

// No tensor is left, so every block is free and whole again.
Arena::~Arena() { give_back(); }

}  // namespace bauta
