// cuDNN's backend API in C++: descriptors that end with their scope and know the types of their attributes.
// https://docs.nvidia.com/deeplearning/cudnn/backend/latest/api/cudnn-graph-library.html
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "kernels/cudnn_functions.h"

namespace bauta::cudnn {

// cuDNN refused; what() is its own words. Whoever knows the operation makes a CheckError of it.
class Failure : public std::runtime_error {
 public:
  explicit Failure(cudnnStatus_t status);  // with the calling thread's last error
  cudnnStatus_t status() const { return status_; }
  // Whether what was asked for is beyond cuDNN, rather than that something went wrong.
  bool unsupported() const { return status_ / 1000 == 2 || status_ / 1000 == 3; }  // cudnnStatus_t's ranges
  bool out_of_memory() const {
    return status_ == CUDNN_STATUS_INTERNAL_ERROR_DEVICE_ALLOCATION_FAILED ||
           status_ == CUDNN_STATUS_INTERNAL_ERROR_HOST_ALLOCATION_FAILED;
  }

 private:
  cudnnStatus_t status_;
};

void check(cudnnStatus_t status);  // throws Failure

// What cudnnBackendSetAttribute has to be told of a type.
template <class T>
inline constexpr cudnnBackendAttributeType_t kTypeOf = CUDNN_TYPE_VOID_PTR;
template <>
inline constexpr cudnnBackendAttributeType_t kTypeOf<std::int64_t> = CUDNN_TYPE_INT64;
template <>
inline constexpr cudnnBackendAttributeType_t kTypeOf<std::int32_t> = CUDNN_TYPE_INT32;
template <>
inline constexpr cudnnBackendAttributeType_t kTypeOf<double> = CUDNN_TYPE_DOUBLE;
template <>
inline constexpr cudnnBackendAttributeType_t kTypeOf<char> = CUDNN_TYPE_CHAR;
template <>
inline constexpr cudnnBackendAttributeType_t kTypeOf<cudnnHandle_t> = CUDNN_TYPE_HANDLE;
template <>
inline constexpr cudnnBackendAttributeType_t kTypeOf<cudnnDataType_t> = CUDNN_TYPE_DATA_TYPE;
template <>
inline constexpr cudnnBackendAttributeType_t kTypeOf<cudnnConvolutionMode_t> = CUDNN_TYPE_CONVOLUTION_MODE;
template <>
inline constexpr cudnnBackendAttributeType_t kTypeOf<cudnnBackendHeurMode_t> = CUDNN_TYPE_HEUR_MODE;
template <>
inline constexpr cudnnBackendAttributeType_t kTypeOf<cudnnBackendKnobType_t> = CUDNN_TYPE_KNOB_TYPE;
template <>
inline constexpr cudnnBackendAttributeType_t kTypeOf<cudnnBackendNumericalNote_t> = CUDNN_TYPE_NUMERICAL_NOTE;

// Every function throws Failure, but try_finalize.
class Descriptor {
 public:
  explicit Descriptor(cudnnBackendDescriptorType_t type);
  ~Descriptor();
  Descriptor(Descriptor&& other) noexcept : descriptor_(std::exchange(other.descriptor_, nullptr)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
  }

  cudnnBackendDescriptor_t get() const { return descriptor_; }

  template <class T>
  void set(cudnnBackendAttributeName_t name, std::span<const T> values) {
    set(name, kTypeOf<T>, values.size(), values.data());
  }
  template <class T>
  void set(cudnnBackendAttributeName_t name, const T& value) {
    set(name, std::span<const T>(&value, 1));
  }
  // Descriptors that this one refers to.
  void set(cudnnBackendAttributeName_t name, const Descriptor& other) {
    set(name, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, &other.descriptor_);
  }
  void set(cudnnBackendAttributeName_t name, const std::vector<Descriptor>& others);

  void finalize() { check(try_finalize()); }
  [[nodiscard]] cudnnStatus_t try_finalize() { return functions().BackendFinalize(descriptor_); }

  template <class T>
  std::vector<T> values(cudnnBackendAttributeName_t name) const {
    std::vector<T> found(count(name, kTypeOf<T>));
    found.resize(fill(name, kTypeOf<T>, found.size(), found.data()));
    return found;
  }
  template <class T>
  T value(cudnnBackendAttributeName_t name) const {
    T found{};
    fill(name, kTypeOf<T>, 1, &found);
    return found;
  }
  // Descriptors that this one refers to; at_most, where cuDNN cannot say how many there are.
  std::vector<Descriptor> descriptors(cudnnBackendAttributeName_t name, cudnnBackendDescriptorType_t type,
                                      std::size_t at_most = 0) const;

 private:
  void set(cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t type, std::size_t count,
           const void* values);
  std::size_t count(cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t type) const;
  std::size_t fill(cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t type, std::size_t count,
                   void* values) const;

  cudnnBackendDescriptor_t descriptor_ = nullptr;
};

}  // namespace bauta::cudnn
