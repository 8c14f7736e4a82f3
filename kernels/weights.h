// Weights as a convolution takes them: the numbers, and where a kernel may keep what it makes of them.
#pragma once

#include <concepts>
#include <cstddef>
#include <memory>
#include <vector>

#include "kernels/view.h"

namespace bauta {

class Context;

// What kernels made of weights, for the next call with the same ones; the caller's, who forgets it when they
// have changed. In the backend's memory.
class KeptForms {
 public:
  struct Form {
    float* memory;
    bool ready;  // it is what an earlier call made
  };
  // Of one part of the work, counted from 0: room for so many floats in the form called so. What was kept of
  // the part in another size or form is lost.
  Form form(std::size_t part, std::size_t floats, const void* name, const Context& ctx);
  void forget();

 private:
  struct Part {
    std::shared_ptr<void> memory;
    std::size_t floats = 0;
    const void* name = nullptr;
    bool ready = false;
  };
  std::vector<Part> parts_;
};

struct Weights {
  // From any view.
  template <std::convertible_to<ConstView> Numbers>
  Weights(const Numbers& numbers, KeptForms* forms = nullptr) : view(numbers), kept(forms) {}

  ConstView view;
  KeptForms* kept;  // null: nothing is kept
};

}  // namespace bauta
