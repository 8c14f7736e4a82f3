// Small values that go to the backend's memory together: on a card one launch, which nothing waits for
// (copy_in_together in kernels/memory.h).
#pragma once

#include <cstring>
#include <span>
#include <type_traits>
#include <vector>

#include "nn/engine.h"

namespace bauta {

class SmallCopies {
 public:
  // The values are remembered, and may go. `to` is the backend's.
  template <class T>
  void add(T* to, std::span<const T> values) {
    static_assert(std::is_trivially_copyable_v<T>);
    if (values.empty()) return;
    pieces_.push_back({to, bytes_.size(), values.size_bytes()});
    bytes_.resize(bytes_.size() + values.size_bytes());
    std::memcpy(bytes_.data() + pieces_.back().begin, values.data(), values.size_bytes());
  }
  template <class T>
  void add(T* to, const T& value) {
    add(to, std::span<const T>(&value, 1));
  }
  // Queues all, in the lane in use.
  void send(const Engine& engine) const {
    std::vector<SmallCopy> copies;
    for (const auto& [to, begin, bytes] : pieces_) copies.push_back({to, bytes_.data() + begin, bytes});
    engine.kernels().copy_in_together(copies, engine.context());
  }

 private:
  struct Piece {
    void* to;
    std::size_t begin, bytes;  // of bytes_
  };
  std::vector<Piece> pieces_;
  std::vector<std::byte> bytes_;
};

}  // namespace bauta
