// Memory of the program's that a card fetches from, or brings to, by itself, beside the program.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <type_traits>

#include "nn/engine.h"

namespace bauta {

template <class T>
class Pinned {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  // Contents undefined. Throws what the backend's allocate_pinned does.
  Pinned(const Engine& engine, std::size_t count)
      : memory_(static_cast<T*>(engine.kernels().allocate_pinned(count * sizeof(T))),
                engine.kernels().release_pinned),
        count_(count) {}
  std::span<T> values() const { return {memory_.get(), count_}; }

 private:
  std::unique_ptr<T, void (*)(void*) noexcept> memory_;
  std::size_t count_;
};

}  // namespace bauta
