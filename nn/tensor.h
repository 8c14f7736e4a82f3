// A tensor: four dimensions, NHWC, float32 or bfloat16 (kernels/view.h), in the engine's backend memory. A
// handle: copies share the values.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "kernels/view.h"
#include "kernels/weights.h"
#include "nn/engine.h"

namespace bauta {

struct Node;

class Tensor {
 public:
  Tensor() = default;  // nothing; stands for "no gradient" in backward rules

  static Tensor empty(Engine& engine, Shape shape, DType dtype = DType::Float32);
  static Tensor full(Engine& engine, Shape shape, float value, DType dtype = DType::Float32);
  static Tensor zeros(Engine& engine, Shape shape, DType dtype = DType::Float32) {
    return full(engine, shape, 0, dtype);
  }
  // Throws CheckError when the number of values is not the shape's.
  static Tensor from(Engine& engine, Shape shape, std::span<const float> values,
                     DType dtype = DType::Float32);

  explicit operator bool() const { return impl_ != nullptr; }
  const Shape& shape() const { return impl_->shape; }
  Engine& engine() const { return *impl_->engine; }
  DType dtype() const { return impl_->dtype; }
  View view() const { return {impl_->data, impl_->shape, impl_->dtype}; }
  // What kernels keep of this tensor from call to call, in each of the two ways in which a convolution uses
  // its weights; null unless keep_forms() has asked for it. Whoever changes the values other than by assign()
  // forgets it.
  struct Forms {
    KeptForms fprop, dgrad;
    void forget() {
      fprop.forget();
      dgrad.forget();
    }
  };
  void keep_forms(bool keep = true) const { impl_->forms = keep ? std::make_shared<Forms>() : nullptr; }
  Forms* forms() const { return impl_->forms.get(); }

  // These wait for what is under way.
  std::vector<float> values() const;
  float item() const;  // the only element; CheckError if there are more
  // Throws CheckError when the number of values is not the shape's.
  void assign(std::span<const float> values) const;

  // Whether gradients flow through this tensor: a leaf that asked for it, or the result of an op on such a
  // one.
  bool requires_grad() const { return impl_->requires_grad; }
  Tensor& set_requires_grad(bool value = true);
  // The same values, off the tape.
  Tensor detach() const;
  // A part of the same buffer under another shape, off the tape; start in elements.
  Tensor alias(std::size_t start, Shape shape) const;

  // The op that made it; null for a leaf.
  const std::shared_ptr<const Node>& node() const { return impl_->node; }
  // Which tensor it is, for maps: equal for copies of one handle, different for alias() and detach().
  const void* id() const { return impl_.get(); }

 private:
  friend Tensor record(const char*, Tensor, std::vector<Tensor>,
                       std::function<std::vector<Tensor>(const Tensor&, const std::vector<bool>&)>);

  struct Impl {
    Engine* engine;
    std::shared_ptr<void> buffer;
    void* data;
    Shape shape;
    DType dtype;
    bool requires_grad = false;
    std::shared_ptr<const Node> node;
    std::shared_ptr<Forms> forms = nullptr;
  };
  std::shared_ptr<Impl> impl_;
};

}  // namespace bauta
