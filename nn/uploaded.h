// Values that kernels read where they work: boxes, choices, streams of random numbers.
#pragma once

#include <cstddef>
#include <initializer_list>
#include <memory>
#include <span>
#include <type_traits>

#include "nn/engine.h"

namespace bauta {

// A copy of some values in the memory of the engine's backend; copies of this share it, and the last one
// gives it back. Its contents come back by copy_out, and change by copy_in.
//     const Uploaded<RandomStream> stream(engine, {{seed, 7}});
template <class T>
class Uploaded {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  Uploaded() = default;
  // Throws what the backend's allocate throws.
  Uploaded(const Engine& engine, std::span<const T> values)
      : memory_(engine.kernels().allocate(values.size_bytes()), engine.kernels().release),
        size_(values.size()) {
    engine.kernels().copy_in(memory_.get(), values.data(), values.size_bytes(), engine.context());
  }
  Uploaded(const Engine& engine, std::initializer_list<T> values)
      : Uploaded(engine, std::span<const T>(values.begin(), values.size())) {}

  T* data() const { return static_cast<T*>(memory_.get()); }
  std::size_t size() const { return size_; }
  operator std::span<const T>() const { return {data(), size_}; }

 private:
  std::shared_ptr<void> memory_;
  std::size_t size_ = 0;
};

}  // namespace bauta
