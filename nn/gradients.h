// Where the gradients of parameters come together: a vector laid out as Parameters::flat(), so that an
// optimizer is one launch. Kernels write there directly.
#pragma once

#include <optional>
#include <unordered_map>
#include <vector>

#include "nn/parameters.h"

namespace bauta {

// Stored as the engine's tensors are. Two lanes must not write the gradient of one parameter in the same
// piece of work (Engine::side_by_side).
class Gradients {
 public:
  explicit Gradients(const Parameters& parameters);

  const Parameters& parameters() const { return parameters_; }
  const Tensor& flat() const { return flat_; }

  // From here on what is there counts for nothing.
  void begin();
  // Where a kernel is to write the gradient of a parameter's value, and how; nothing
  // when it is none of these.
  struct Place {
    View view;
    GradMode mode;
  };
  std::optional<Place> place_for(const Tensor& value);
  void add(const Tensor& value, const Tensor& gradient);
  // Makes zero what nobody has written since begin().
  void finish();

 private:
  struct Part {
    Tensor place;
    bool written = false, zero = true;
  };
  const Parameters& parameters_;
  Tensor flat_;
  std::vector<Part> parts_;  // of parameters.trained()
  std::unordered_map<const void*, std::size_t> part_of_;
};

// The gradient of w by a kernel(View dw, GradMode): put where backward() collects it, and then nothing is
// returned, or else a tensor.
template <class Kernel>
Tensor gradient_by(const Tensor& w, const Kernel& kernel) {
  Engine& engine = w.engine();
  if (Gradients* const gradients = engine.gradients(); gradients && !engine.recording())
    if (const auto place = gradients->place_for(w)) {
      kernel(place->view, place->mode);
      return {};
    }
  const Tensor dw = Tensor::empty(engine, w.shape(), w.dtype());
  kernel(dw.view(), GradMode::Overwrite);
  return dw;
}

}  // namespace bauta
