// What the tests of convolution share: a case, its definition in double, and a check of the three passes.
#pragma once

#include <cmath>
#include <map>
#include <ostream>
#include <vector>

#include "kernels/convolution.h"
#include "tests/kernels/kernel_helpers.h"

namespace bauta::test {

struct ConvCase {
  int n, h, w, c, k, r, s, stride, padding;

  ConvGeometry geometry() const { return {stride, padding}; }
  Shape x() const { return {n, h, w, c}; }
  Shape weights() const { return {k, r, s, c}; }
  Shape y() const { return {n, geometry().output_size(h, r), geometry().output_size(w, s), k}; }
};

inline std::ostream& operator<<(std::ostream& out, const ConvCase& a) {
  return out << "x " << a.x() << " w " << a.weights() << " stride " << a.stride << " padding " << a.padding;
}

// Calls body(index into x, index into w, index into y) for each product of the convolution.
template <class Body>
void each_product(const ConvCase& a, Body body) {
  const Shape y = a.y();
  for (int n = 0; n < a.n; ++n)
    for (int p = 0; p < y.h; ++p)
      for (int q = 0; q < y.w; ++q)
        for (int k = 0; k < a.k; ++k)
          for (int r = 0; r < a.r; ++r)
            for (int s = 0; s < a.s; ++s) {
              const int h = p * a.stride - a.padding + r, w = q * a.stride - a.padding + s;
              if (h < 0 || h >= a.h || w < 0 || w >= a.w) continue;
              for (int c = 0; c < a.c; ++c)
                body(static_cast<std::size_t>(((n * a.h + h) * a.w + w) * a.c + c),
                     static_cast<std::size_t>(((k * a.r + r) * a.s + s) * a.c + c),
                     static_cast<std::size_t>(((n * y.h + p) * y.w + q) * a.k + k));
            }
}

// What the passes read, as that storage keeps it.
struct ConvInputs {
  Array x, w, dy;
  explicit ConvInputs(const ConvCase& a, DType dtype = DType::Float32)
      : x(random_array(a.x(), 1).as(dtype)),
        w(random_array(a.weights(), 2).as(dtype)),
        dy(random_array(a.y(), 3).as(dtype)) {}
};

// The definition, in double.
struct ConvReference {
  Array y, dx, dw;

  ConvReference(const ConvCase& a, const ConvInputs& in) {
    std::vector<double> y_sum(a.y().count()), dx_sum(a.x().count()), dw_sum(a.weights().count());
    each_product(a, [&](std::size_t i, std::size_t j, std::size_t o) {
      y_sum[o] += double{in.x[i]} * double{in.w[j]};
      dx_sum[i] += double{in.dy[o]} * double{in.w[j]};
      dw_sum[j] += double{in.dy[o]} * double{in.x[i]};
    });
    const auto rounded = [](Shape shape, const std::vector<double>& values) {
      Array array(shape);
      for (std::size_t i = 0; i < values.size(); ++i) array[i] = static_cast<float>(values[i]);
      return array;
    };
    y = rounded(a.y(), y_sum);
    dx = rounded(a.x(), dx_sum);
    dw = rounded(a.weights(), dw_sum);
  }
};

struct ConvOutputs {
  Array y, dx, dw;

  // What is written must not depend on what was there.
  ConvOutputs(const ConvCase& a, const ConvInputs& in, const Context& ctx, bool misaligned = false)
      : y(a.y(), NAN, in.x.dtype), dx(a.x(), NAN, in.x.dtype), dw(a.weights(), NAN, in.x.dtype) {
    for (Array* array : {&y, &dx, &dw}) array->misaligned = misaligned;
    const Backend& backend = ctx.backend();
    backend.conv_fprop(y.view(), in.x.view(), in.w.view(), a.geometry(), ctx);
    backend.conv_dgrad(dx.view(), in.dy.view(), in.w.view(), a.geometry(), ctx);
    backend.conv_wgrad(dw.view(), in.x.view(), in.dy.view(), a.geometry(), GradMode::Overwrite, ctx);
  }
};

// The three passes against the definition; misaligned: all tensors start one element beyond an aligned
// address.
inline void check_convolution(const ConvCase& a, bool misaligned = false) {
  CAPTURE(a);
  struct Known {
    ConvInputs in;
    ConvReference expected;
    Known(const ConvCase& known, DType dtype) : in(known, dtype), expected(known, in) {}
  };
  std::map<DType, Known> known;  // the definition takes its time
  on_every_storage([&](const Context& ctx, DType dtype) {
    auto& [in, expected] = known.try_emplace(dtype, a, dtype).first->second;
    for (Array* array : {&in.x, &in.w, &in.dy}) array->misaligned = misaligned;
    const ConvOutputs actual(a, in, ctx, misaligned);
    check_close(actual.y, expected.y, tolerance_of(dtype), "fprop");
    check_close(actual.dx, expected.dx, tolerance_of(dtype), "dgrad");
    check_close(actual.dw, expected.dw, tolerance_of(dtype), "wgrad");

    // Weights keep a float32 gradient whatever the tensors are stored as.
    Array dw(a.weights(), NAN);
    ctx.backend().conv_wgrad(dw.view(), in.x.view(), in.dy.view(), a.geometry(), GradMode::Overwrite, ctx);
    check_close(dw, expected.dw, {}, "wgrad in float32");
    Array twice = actual.dw;
    ctx.backend().conv_wgrad(twice.view(), in.x.view(), in.dy.view(), a.geometry(), GradMode::Accumulate,
                             ctx);
    Array doubled = expected.dw;
    for (float& value : doubled.values) value *= 2;
    check_close(twice, doubled, tolerance_of(dtype), "wgrad, accumulated");
  });
}

// The root of the mean square error, in units of the result's own.
inline double error_of(const Array& actual, const Array& exact) {
  double errors = 0, squares = 0;
  for (std::size_t i = 0; i < exact.values.size(); ++i) {
    errors += std::pow(double{actual[i]} - double{exact[i]}, 2);
    squares += std::pow(double{exact[i]}, 2);
  }
  return std::sqrt(errors / squares);
}

// Two runs, on whatever number of threads, give the same bits in all passes.
inline void check_convolution_repeats(const ConvCase& a) {
  CAPTURE(a);
  for (DType dtype : backends_under_test().front().dtypes) {
    const ConvInputs in(a, dtype);
    check_thread_count_does_not_matter([&](const Context& ctx) {
      const ConvOutputs out(a, in, ctx);
      Array all(
          {1, 1, 1, static_cast<int>(out.y.values.size() + out.dx.values.size() + out.dw.values.size())});
      all.values = out.y.values;
      all.values.insert(all.values.end(), out.dx.values.begin(), out.dx.values.end());
      all.values.insert(all.values.end(), out.dw.values.begin(), out.dw.values.end());
      return all;
    });
  }
}

}  // namespace bauta::test
