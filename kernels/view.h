// What a kernel sees of a tensor: a pointer, a shape and what the numbers are stored as. Kernels own nothing
// and allocate nothing.
#pragma once

#include <cstddef>
#include <iosfwd>

#include "kernels/bfloat16.h"

namespace bauta {

// Always four dimensions, NHWC, rows contiguous. Convolution weights are KRSC: n = output channels,
// h x w = taps, c = input channels. Vectors are (1, 1, 1, c), matrices (rows, 1, 1, columns).
struct Shape {
  int n = 1, h = 1, w = 1, c = 1;

  constexpr std::size_t count() const {
    return static_cast<std::size_t>(n) * static_cast<std::size_t>(h) * static_cast<std::size_t>(w) *
           static_cast<std::size_t>(c);
  }
  constexpr bool operator==(const Shape&) const = default;
};

std::ostream& operator<<(std::ostream& out, const Shape& shape);  // (n, h, w, c)

// Storage only: every kernel computes in float32.
enum class DType : unsigned char { Float32, BFloat16 };

constexpr std::size_t bytes_of(DType type) { return type == DType::Float32 ? 4 : 2; }
std::ostream& operator<<(std::ostream& out, DType type);  // float32, bfloat16

struct View {
  void* data = nullptr;  // in the memory of the backend that is to work on it
  Shape shape;
  DType dtype = DType::Float32;

  constexpr View() = default;
  constexpr View(float* d, Shape s) : data(d), shape(s) {}
  constexpr View(bfloat16* d, Shape s) : data(d), shape(s), dtype(DType::BFloat16) {}
  constexpr View(void* d, Shape s, DType t) : data(d), shape(s), dtype(t) {}

  // For who knows that it is float32.
  [[gnu::always_inline]] float* floats() const { return static_cast<float*>(data); }
};

struct ConstView {
  const void* data = nullptr;
  Shape shape;
  DType dtype = DType::Float32;

  constexpr ConstView() = default;
  constexpr ConstView(const float* d, Shape s) : data(d), shape(s) {}
  constexpr ConstView(const bfloat16* d, Shape s) : data(d), shape(s), dtype(DType::BFloat16) {}
  constexpr ConstView(const void* d, Shape s, DType t) : data(d), shape(s), dtype(t) {}
  constexpr ConstView(const View& view) : data(view.data), shape(view.shape), dtype(view.dtype) {}

  [[gnu::always_inline]] const float* floats() const { return static_cast<const float*>(data); }
};

// What a kernel does with a gradient that it computes.
enum class GradMode { Overwrite, Accumulate };

}  // namespace bauta
