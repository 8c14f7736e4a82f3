#include "nn/gradients.h"

#include "kernels/check.h"

namespace bauta {

Gradients::Gradients(const Parameters& parameters)
    : parameters_(parameters),
      flat_(Tensor::zeros(parameters.flat().engine(), parameters.flat().shape(),
                          parameters.flat().engine().storage())) {
  for (std::size_t i = 0; i < parameters.named().size(); ++i)
    if (parameters.named()[i].parameter->trained) parts_.push_back({parameters.part(flat_, i)});
  for (std::size_t i = 0; i < parts_.size(); ++i) part_of_[parameters.trained()[i].id()] = i;
}

void Gradients::begin() {
  for (Part& part : parts_) part.written = false;
}

std::optional<Gradients::Place> Gradients::place_for(const Tensor& value) {
  const auto found = part_of_.find(value.id());
  if (found == part_of_.end()) return {};
  Part& part = parts_[found->second];
  const GradMode mode = part.written ? GradMode::Accumulate : GradMode::Overwrite;
  part.written = true;
  part.zero = false;
  return Place{part.place.view(), mode};
}

void Gradients::add(const Tensor& value, const Tensor& gradient) {
  const auto place = place_for(value);
  BAUTA_CHECK(place, "no parameter of these has the shape ", value.shape(), " and this gradient");
  const Engine& engine = value.engine();
  if (place->mode == GradMode::Overwrite)
    engine.kernels().convert(place->view, gradient.view(), engine.context());
  else
    engine.kernels().axpby(place->view, 1, place->view, 1, gradient.view(), engine.context());
}

void Gradients::finish() {
  const Engine& engine = parameters_.flat().engine();
  for (Part& part : parts_)
    if (!part.written && !part.zero) {
      engine.kernels().fill(part.place.view(), 0, engine.context());
      part.zero = true;
    }
}

}  // namespace bauta
