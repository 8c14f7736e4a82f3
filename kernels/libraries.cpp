#include "kernels/libraries.h"

#include <algorithm>

namespace bauta {

std::size_t workspace_limit(const ConvolutionProblem& problem) {
  const std::size_t tensors =
      (problem.x.count() + problem.w.count() + problem.y.count()) * bytes_of(problem.inputs);
  return std::clamp(2 * tensors, kLeastWorkspaceLimit, kLargestWorkspaceLimit);
}

}  // namespace bauta
