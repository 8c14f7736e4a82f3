// The tape: who made each tensor and how gradients pass through. Backward rules are made of differentiable
// ops (nn/ops.h), so a gradient is itself on the tape where that is asked for, and can be differentiated
// again.
#pragma once

#include <functional>
#include <vector>

#include "nn/tensor.h"

namespace bauta {

// From the gradient of an op's output to those of its inputs, in their order. Where wanted[i] is false,
// element i is not read and should be left empty: no work for gradients that nobody asked for.
using BackwardRule = std::function<std::vector<Tensor>(const Tensor& dy, const std::vector<bool>& wanted)>;

struct Node {
  const char* op;
  std::vector<Tensor> inputs;
  BackwardRule rule;
};

// Puts an op on the tape if it is running and an input requires a gradient; returns y either way.
// A rule must not hold y itself (the node would own itself): hold y.detach().
Tensor record(const char* op, Tensor y, std::vector<Tensor> inputs, BackwardRule rule);

// For an op with kernels of its own: `rule` is the kernel, and where the gradient will be differentiated
// again `composite`, the same function made of simpler ops, is differentiated instead.
using Composite = std::function<Tensor(const std::vector<Tensor>& inputs)>;
Tensor record_fused(const char* op, Tensor y, std::vector<Tensor> inputs, BackwardRule rule,
                    Composite composite);

// d (sum over outputs of <output, cotangent>) / d input, for each input; zeros where an output does not
// depend on it. Cotangents default to ones. create_graph: the gradients are on the tape, for second
// derivatives. Throws CheckError when a cotangent's shape is not its output's.
std::vector<Tensor> grad(const std::vector<Tensor>& outputs, const std::vector<Tensor>& inputs,
                         const std::vector<Tensor>& cotangents = {}, bool create_graph = false);

// Adds the gradient of sum over outputs of weight * output, or of <output, cotangent>, to `into`, for every
// parameter there that has one. Returns that to `leaf`, if one is given.
Tensor backward(const std::vector<Tensor>& outputs, const std::vector<float>& weights, Gradients& into,
                const Tensor& leaf = {});
void backward(const Tensor& output, const Tensor& cotangent, Gradients& into);

}  // namespace bauta
