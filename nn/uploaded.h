// Values of the program's in the engine's backend memory, where kernels read them: boxes, cuts, bytes.
#pragma once

#include <cstddef>
#include <initializer_list>
#include <memory>
#include <span>
#include <type_traits>

#include "nn/engine.h"

namespace bauta {

// A handle: copies share the values.
template <class T>
class Uploaded {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  Uploaded() = default;  // none
  // Contents undefined.
  Uploaded(const Engine& engine, std::size_t count)
      : memory_(engine.arena().allocate(count * sizeof(T))), count_(count) {}
  Uploaded(const Engine& engine, std::span<const T> values) : Uploaded(engine, values.size()) {
    assign(engine, values);
  }

  Uploaded(const Engine& engine, std::initializer_list<T> values)
      : Uploaded(engine, std::span<const T>(values.begin(), values.size())) {}

  T* data() const { return static_cast<T*>(memory_.get()); }
  std::size_t size() const { return count_; }
  bool empty() const { return count_ == 0; }
  operator std::span<const T>() const { return {data(), count_}; }

  // As many values as there are.
  void assign(const Engine& engine, std::span<const T> values) const {
    engine.kernels().copy_in(data(), values.data(), values.size_bytes(), engine.context());
  }
  void read(const Engine& engine, std::span<T> into) const {
    engine.kernels().copy_out(into.data(), data(), into.size_bytes(), engine.context());
  }

 private:
  std::shared_ptr<void> memory_;
  std::size_t count_ = 0;
};

}  // namespace bauta
