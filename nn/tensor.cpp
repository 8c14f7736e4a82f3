#include "nn/tensor.h"

#include <algorithm>

#include "kernels/check.h"

namespace bauta {

Tensor Tensor::empty(Engine& engine, Shape shape) {
  BAUTA_CHECK(shape.n >= 0 && shape.h >= 0 && shape.w >= 0 && shape.c >= 0, "negative size in ", shape);
  Tensor tensor;
  auto buffer = engine.arena().allocate(shape.count());
  float* data = buffer.get();
  tensor.impl_ = std::make_shared<Impl>(Impl{&engine, std::move(buffer), data, shape, false, nullptr});
  return tensor;
}

Tensor Tensor::full(Engine& engine, Shape shape, float value) {
  Tensor tensor = empty(engine, shape);
  engine.kernels().fill(tensor.view(), value, engine.context());
  return tensor;
}

Tensor Tensor::from(Engine& engine, Shape shape, std::span<const float> values) {
  BAUTA_CHECK(values.size() == shape.count(), values.size(), " values for the shape ", shape);
  Tensor tensor = empty(engine, shape);
  std::copy(values.begin(), values.end(), tensor.impl_->data);
  return tensor;
}

std::vector<float> Tensor::values() const { return {impl_->data, impl_->data + impl_->shape.count()}; }

float Tensor::item() const {
  BAUTA_CHECK(shape().count() == 1, "a tensor of shape ", shape(), " has more than one value");
  return *impl_->data;
}

Tensor& Tensor::set_requires_grad(bool value) {
  BAUTA_CHECK(!impl_->node, "only a leaf can be told; this tensor is the result of an op");
  impl_->requires_grad = value;
  return *this;
}

Tensor Tensor::detach() const { return alias(0, shape()); }

Tensor Tensor::alias(std::size_t start, Shape shape) const {
  BAUTA_CHECK(start + shape.count() <= impl_->shape.count(), "a part of shape ", shape, " at ", start,
              " reaches beyond ", impl_->shape);
  Tensor tensor;
  tensor.impl_ =
      std::make_shared<Impl>(Impl{impl_->engine, impl_->buffer, impl_->data + start, shape, false, nullptr});
  return tensor;
}

}  // namespace bauta
