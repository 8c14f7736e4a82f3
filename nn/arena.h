// Memory for tensors: buffers are kept when released and handed out again, so that a training step, which
// asks for the same sizes every time, allocates nothing after its first runs.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <vector>

namespace bauta {

class Arena : public std::enable_shared_from_this<Arena> {
 public:
  static std::shared_ptr<Arena> create() { return std::shared_ptr<Arena>(new Arena); }
  ~Arena();
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  // 256-byte aligned, contents undefined; goes back to the arena with the last copy of the pointer.
  // Throws std::bad_alloc.
  std::shared_ptr<float[]> allocate(std::size_t floats);

  // How often memory was asked of the system, and how much is held from it.
  std::size_t system_allocations() const { return system_allocations_; }
  std::size_t bytes_held() const { return bytes_held_; }

 private:
  Arena() = default;
  void release(float* buffer, std::size_t capacity);

  std::map<std::size_t, std::vector<float*>> free_;  // by capacity in floats
  std::size_t system_allocations_ = 0;
  std::size_t bytes_held_ = 0;
};

}  // namespace bauta
