#include "nn/tensor.h"

#include <algorithm>

#include "kernels/check.h"

namespace bauta {

Tensor Tensor::empty(Engine& engine, Shape shape, DType dtype) {
  BAUTA_CHECK(shape.n >= 0 && shape.h >= 0 && shape.w >= 0 && shape.c >= 0, "negative size in ", shape);
  Tensor tensor;
  auto buffer = engine.arena().allocate(shape.count() * bytes_of(dtype));
  void* const data = buffer.get();
  tensor.impl_ = std::make_shared<Impl>(Impl{&engine, std::move(buffer), data, shape, dtype, false, nullptr});
  return tensor;
}

Tensor Tensor::full(Engine& engine, Shape shape, float value, DType dtype) {
  Tensor tensor = empty(engine, shape, dtype);
  engine.kernels().fill(tensor.view(), value, engine.context());
  return tensor;
}

Tensor Tensor::from(Engine& engine, Shape shape, std::span<const float> values, DType dtype) {
  Tensor tensor = empty(engine, shape, dtype);
  tensor.assign(values);
  return tensor;
}

std::vector<float> Tensor::values() const {
  const std::size_t count = impl_->shape.count();
  std::vector<float> result(count);
  const auto copy_out = [this](auto& into) {
    engine().kernels().copy_out(into.data(), impl_->data, into.size() * sizeof(into[0]), engine().context());
  };
  if (impl_->dtype == DType::Float32) {
    copy_out(result);
    return result;
  }
  std::vector<bfloat16> packed(count);
  copy_out(packed);
  std::transform(packed.begin(), packed.end(), result.begin(),
                 [](bfloat16 value) { return to_float(value); });
  return result;
}

void Tensor::assign(std::span<const float> values) const {
  BAUTA_CHECK(values.size() == shape().count(), values.size(), " values for the shape ", shape());
  if (forms()) forms()->forget();
  const auto copy_in = [this](const auto& from) {
    engine().kernels().copy_in(impl_->data, from.data(), from.size() * sizeof(from[0]), engine().context());
  };
  if (impl_->dtype == DType::Float32) {
    copy_in(values);
    return;
  }
  std::vector<bfloat16> packed(values.size());
  std::transform(values.begin(), values.end(), packed.begin(),
                 [](float value) { return from_float<bfloat16>(value); });
  copy_in(packed);
}

float Tensor::item() const {
  BAUTA_CHECK(shape().count() == 1, "a tensor of shape ", shape(), " has more than one value");
  return values().front();
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
  auto* const data = static_cast<std::byte*>(impl_->data) + start * bytes_of(impl_->dtype);
  Tensor tensor;
  tensor.impl_ =
      std::make_shared<Impl>(Impl{impl_->engine, impl_->buffer, data, shape, impl_->dtype, false, nullptr});
  return tensor;
}

}  // namespace bauta
