// Holds the tape's gradients against central differences: first derivatives, and second ones through
// create_graph.
#pragma once

#include <array>
#include <functional>
#include <vector>

#include "nn/ops.h"
#include "nn/tape.h"
#include "tests/compare.h"

namespace bauta::test {

using TensorFunction = std::function<Tensor(const std::vector<Tensor>&)>;

inline double dot(const Tensor& a, const Tensor& b) {
  const std::vector<float> u = a.values(), v = b.values();
  double total = 0;
  for (std::size_t i = 0; i < u.size(); ++i) total += static_cast<double>(u[i]) * static_cast<double>(v[i]);
  return total;
}

inline std::vector<Tensor> leaves(Engine& engine, const std::vector<Array>& arrays) {
  std::vector<Tensor> tensors;
  for (const Array& array : arrays)
    tensors.push_back(Tensor::from(engine, array.shape, array.values).set_requires_grad());
  return tensors;
}

inline Tensor random_tensor(Engine& engine, Shape shape, std::uint64_t seed) {
  return Tensor::from(engine, shape, random_array(shape, seed).values);
}

// d <f(inputs), random> / d inputs
inline void check_first_derivatives(Engine& engine, const TensorFunction& f, std::vector<Array> inputs,
                                    float step = 1e-2f, Tolerance tolerance = kNumericalGradient) {
  const std::vector<Tensor> xs = leaves(engine, inputs);
  const Tensor y = f(xs);
  const Tensor cotangent = random_tensor(engine, y.shape(), 77);
  const std::vector<Tensor> gradients = grad({y}, xs, {cotangent});
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    CAPTURE(i);
    const Array numerical = numerical_gradient(
        inputs[i], [&] { return dot(f(leaves(engine, inputs)), cotangent); }, step);
    check_close(gradients[i].values(), numerical.values, tolerance, "first derivative");
  }
}

// d <d <f(inputs), u> / d inputs, v> / d inputs, where f, once differentiated, is smooth enough
inline void check_second_derivatives(Engine& engine, const TensorFunction& f, std::vector<Array> inputs,
                                     float step = 1e-2f, Tolerance tolerance = kNumericalGradient) {
  auto slope = [&](const std::vector<Tensor>& xs, bool create_graph) {
    const Tensor y = f(xs);
    return grad({y}, xs, {random_tensor(engine, y.shape(), 77)}, create_graph);
  };
  std::vector<Tensor> directions;
  for (std::size_t i = 0; i < inputs.size(); ++i)
    directions.push_back(random_tensor(engine, inputs[i].shape, 100 + i));

  const std::vector<Tensor> xs = leaves(engine, inputs);
  const std::vector<Tensor> second = grad(slope(xs, true), xs, directions);
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    CAPTURE(i);
    auto along = [&] {
      const std::vector<Tensor> first = slope(leaves(engine, inputs), false);
      double total = 0;
      for (std::size_t j = 0; j < first.size(); ++j) total += dot(first[j], directions[j]);
      return total;
    };
    const Array numerical = numerical_gradient(inputs[i], along, step);
    check_close(second[i].values(), numerical.values, tolerance, "second derivative");
  }
}

inline void check_derivatives(const TensorFunction& f, const std::vector<Array>& inputs, float step = 1e-2f,
                              Tolerance tolerance = kNumericalGradient) {
  Engine engine;
  check_first_derivatives(engine, f, inputs, step, tolerance);
  check_second_derivatives(engine, f, inputs, step, tolerance);
}

}  // namespace bauta::test
