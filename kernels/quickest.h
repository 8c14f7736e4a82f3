// Which of several ways to do the same work is the quickest here. Each is tried in memory of its own, which
// goes back to the backend: what is kept is what the chosen one needs, not what the largest wanted.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <span>

#include "kernels/context.h"

namespace bauta {

struct Quickest {
  std::size_t index = 0;
  double seconds = 0;
};

// bytes: what each way works in. seconds(index, memory): how long it takes, when the context has passed it;
// throws OutOfMemory or std::runtime_error where it does not run. A later one wins only if it is clearly
// quicker, so that most runs choose alike. Nothing where there is no way; where none runs, the last error.
std::optional<Quickest> quickest(const Context& ctx, std::span<const std::size_t> bytes,
                                 const std::function<double(std::size_t index, void* memory)>& seconds);

}  // namespace bauta
