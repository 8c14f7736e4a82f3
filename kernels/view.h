// What a kernel sees of a tensor: a pointer and a shape. Kernels own nothing and allocate nothing.
#pragma once

#include <cstddef>
#include <iosfwd>

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

struct View {
  float* data = nullptr;
  Shape shape;
};

struct ConstView {
  const float* data = nullptr;
  Shape shape;

  constexpr ConstView() = default;
  constexpr ConstView(const float* d, Shape s) : data(d), shape(s) {}
  constexpr ConstView(const View& view) : data(view.data), shape(view.shape) {}
};

// What a kernel does with a gradient that it computes.
enum class GradMode { Overwrite, Accumulate };

}  // namespace bauta
