// Where the gradients of parameters come together: vectors laid out as Parameters::flat(), so that an
// optimizer is one launch. Kernels write there directly.
#pragma once

#include <optional>
#include <unordered_map>
#include <vector>

#include "nn/parameters.h"

namespace bauta {

// One vector for each lane of the engine: the gradient is their sum. Stored as the engine's tensors are.
class Gradients {
 public:
  explicit Gradients(const Parameters& parameters);

  const Parameters& parameters() const { return parameters_; }
  const Tensor& flat(std::size_t lane) const { return lanes_[lane].flat; }

  // From here on what is there counts for nothing.
  void begin();
  // Where a kernel is to write the gradient of a parameter's value, and how, for the lane in use; nothing
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
  struct Lane {
    Tensor flat;
    std::vector<Part> parts;  // of parameters.trained()
  };
  const Parameters& parameters_;
  std::vector<Lane> lanes_;
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
