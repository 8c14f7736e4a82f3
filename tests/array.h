// Numbers for tests that look at kernels without a tensor library: plain floats, lent to a backend for the
// length of a call.
#pragma once

#include <doctest/doctest.h>

#include <cstddef>
#include <cstring>
#include <exception>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "kernels/backend.h"
#include "kernels/context.h"
#include "kernels/random.h"
#include "kernels/view.h"

namespace bauta::test {

// Whose memory arrays are lent in: null, the program's own, where the CPU's kernels work.
inline const Context*& borrower() {
  static const Context* context = nullptr;
  return context;
}

// A shape and its values. view() lends them: until the end of the full expression they lie in the borrower's
// memory, stored as dtype, in a buffer of exactly their size; then what the kernel wrote comes back.
//     ctx.backend().tanh_forward(y.view(), x.view(), ctx);
class Array {
 public:
  Shape shape;
  std::vector<float> values;
  DType dtype = DType::Float32;
  // How many elements beyond an aligned address the buffer starts.
  int misaligned = 0;

  Array() = default;
  explicit Array(Shape s, float value = 0, DType type = DType::Float32)
      : shape(s), values(s.count(), value), dtype(type) {}
  // The same values as that storage keeps them.
  Array as(DType type) const {
    Array result = *this;
    result.dtype = type;
    if (type == DType::BFloat16)
      for (float& value : result.values) value = to_float(from_float<bfloat16>(value));
    return result;
  }

  float& operator[](std::size_t i) { return values[i]; }
  float operator[](std::size_t i) const { return values[i]; }
  float& at(int n, int h, int w, int c) { return values[index(n, h, w, c)]; }
  float at(int n, int h, int w, int c) const { return values[index(n, h, w, c)]; }

  class Loan;
  Loan view();
  Loan view() const;

 private:
  class Buffer;
  // Not copied with the array: a copy has not been lent.
  struct Lent {
    std::weak_ptr<Buffer> buffer;
    Lent() = default;
    Lent(const Lent&) {}
    Lent& operator=(const Lent&) { return *this; }
  };
  mutable Lent lent_;

  std::size_t index(int n, int h, int w, int c) const {
    const auto at = ((static_cast<std::ptrdiff_t>(n) * shape.h + h) * shape.w + w) * shape.c + c;
    return static_cast<std::size_t>(at);
  }
};

// The values in the borrower's memory. An array lent twice in one expression is lent once: in place is in
// place.
class Array::Buffer {
 public:
  explicit Buffer(const Array& array)
      : from_(array), context_(borrower()), bytes_(array.values.size() * bytes_of(array.dtype)) {
    if (!context_) return;
    const std::size_t offset = static_cast<std::size_t>(array.misaligned) * bytes_of(array.dtype);
    memory_ = static_cast<std::byte*>(context_->backend().allocate(bytes_ + offset));
    data_ = memory_ + offset;
    if (array.dtype == DType::BFloat16) {
      packed_.reserve(array.values.size());
      for (float value : array.values) packed_.push_back(from_float<bfloat16>(value));
    }
    context_->backend().copy_in(data_, host(), bytes_, *context_);
  }
  ~Buffer() {
    if (!context_) return;
    try {
      if (into_) {
        context_->backend().copy_out(host(), data_, bytes_, *context_);
        for (std::size_t i = 0; i < packed_.size(); ++i) into_->values[i] = to_float(packed_[i]);
      }
    } catch (const std::exception& error) {
      CHECK_MESSAGE(false, error.what());
    }
    context_->backend().release(memory_);
  }
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;

  void comes_back_to(Array& array) { into_ = &array; }
  void* data() const {
    return context_ ? static_cast<void*>(data_) : const_cast<float*>(from_.values.data());
  }

 private:
  void* host() {
    return from_.dtype == DType::Float32 ? const_cast<float*>(from_.values.data())
                                         : static_cast<void*>(packed_.data());
  }

  const Array& from_;
  Array* into_ = nullptr;
  const Context* context_;
  std::size_t bytes_;
  std::byte* memory_ = nullptr;
  std::byte* data_ = nullptr;
  std::vector<bfloat16> packed_;
};

class Array::Loan {
 public:
  explicit Loan(const Array& array)
      : shape_(array.shape), dtype_(array.dtype), buffer_(array.lent_.buffer.lock()) {
    if (!buffer_) array.lent_.buffer = buffer_ = std::make_shared<Buffer>(array);
  }
  explicit Loan(Array& array) : Loan(std::as_const(array)) { buffer_->comes_back_to(array); }
  operator View() const { return {buffer_->data(), shape_, dtype_}; }
  operator ConstView() const { return {buffer_->data(), shape_, dtype_}; }

 private:
  Shape shape_;
  DType dtype_;
  std::shared_ptr<Buffer> buffer_;
};

inline Array::Loan Array::view() { return Loan(*this); }
inline Array::Loan Array::view() const { return Loan(*this); }

// Other things that a launcher reads or writes (boxes, bytes) in the borrower's memory, for as long as this
// lives.
template <class T>
class LentSpan {
 public:
  explicit LentSpan(std::span<const T> values) : count_(values.size()), context_(borrower()) {
    const std::size_t bytes = values.size_bytes();
    memory_ = context_ ? context_->backend().allocate(bytes) : ::operator new(bytes);
    if (context_)
      context_->backend().copy_in(memory_, values.data(), bytes, *context_);
    else if (bytes > 0)
      std::memcpy(memory_, values.data(), bytes);
  }
  ~LentSpan() { context_ ? context_->backend().release(memory_) : ::operator delete(memory_); }
  LentSpan(const LentSpan&) = delete;
  LentSpan& operator=(const LentSpan&) = delete;

  T* data() const { return static_cast<T*>(memory_); }
  operator std::span<const T>() const { return {data(), count_}; }
  std::vector<T> values() const {
    std::vector<T> result(count_);
    if (context_)
      context_->backend().copy_out(result.data(), memory_, count_ * sizeof(T), *context_);
    else if (count_ > 0)
      std::memcpy(result.data(), memory_, count_ * sizeof(T));
    return result;
  }

 private:
  std::size_t count_;
  const Context* context_;
  void* memory_;
};

template <class T>
LentSpan<T> lend(const std::vector<T>& values) {
  return LentSpan<T>(std::span<const T>(values));
}

// The same numbers in every run, uniform in [low, high).
inline Array random_array(Shape shape, std::uint64_t seed = 1, double low = -1, double high = 1) {
  Array array(shape);
  const RandomStream stream{seed, 0};
  for (std::size_t i = 0; i < array.values.size(); ++i)
    array[i] = static_cast<float>(low + (high - low) * stream.uniform(i));
  return array;
}

}  // namespace bauta::test
