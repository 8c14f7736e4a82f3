// Memory for tensors, in the backend's memory: what is released is kept and handed out again, cut where less
// is asked for and joined again later, so that a training step, which asks for the same sizes every time,
// allocates nothing after its first runs and holds little more than it uses.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <utility>

#include "kernels/backend.h"

namespace bauta {

// What the arenas of one engine hold together, in bytes; Engine::memory adds the kernels' scratch.
struct MemoryUse {
  std::size_t allocations = 0;  // how often memory was asked of the backend
  std::size_t held = 0;         // got from the backend
  std::size_t used = 0;         // handed out
  std::size_t most_used = 0;    // the peak of used
};

class Arena : public std::enable_shared_from_this<Arena> {
 public:
  static std::shared_ptr<Arena> create(const Backend& backend, std::shared_ptr<MemoryUse> use) {
    return std::shared_ptr<Arena>(new Arena(backend, std::move(use)));
  }
  ~Arena();
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  // 256-byte aligned, contents undefined; goes back to the arena with the last copy of the pointer. Throws
  // what the backend's allocate does.
  std::shared_ptr<void> allocate(std::size_t bytes);
  // What is not handed out, and no part of what is, goes back to the backend.
  void give_back();

 private:
  Arena(const Backend& backend, std::shared_ptr<MemoryUse> use) : backend_(backend), use_(std::move(use)) {}
  // A piece of what was got from the backend at once, between its neighbours there.
  struct Block {
    std::byte* begin;
    std::size_t bytes;
    Block *before = nullptr, *after = nullptr;
    bool free = false;
  };
  Block* take(std::size_t bytes);
  void release(Block* block);
  void keep(Block* block);
  void join(Block* block, Block* after);

  const Backend& backend_;
  std::shared_ptr<MemoryUse> use_;
  std::map<std::pair<std::size_t, std::byte*>, Block*> free_;  // by size and place: the same in every run
};

}  // namespace bauta
