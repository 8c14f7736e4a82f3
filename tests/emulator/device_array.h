// For the emulator's own tests: memory of the card, and launches without a Context.
#pragma once

#include <vector>

#include "kernels/gpu.h"

namespace emulator {

// Memory from cudaMalloc, with values or as it comes: 0xff in every byte.
template <class T>
class DeviceArray {
 public:
  explicit DeviceArray(std::size_t count) : count_(count) {
    if (cudaMalloc(&data_, count * sizeof(T)) != cudaSuccess) throw Error("no device memory");
  }
  explicit DeviceArray(const std::vector<T>& values) : DeviceArray(values.size()) {
    cudaMemcpy(data_, values.data(), count_ * sizeof(T), cudaMemcpyHostToDevice);
  }
  ~DeviceArray() { cudaFree(data_); }
  DeviceArray(const DeviceArray&) = delete;
  DeviceArray& operator=(const DeviceArray&) = delete;

  T* data() const { return data_; }
  std::vector<T> values() const {
    std::vector<T> result(count_);
    cudaMemcpy(result.data(), data_, count_ * sizeof(T), cudaMemcpyDeviceToHost);
    return result;
  }

 private:
  T* data_ = nullptr;
  std::size_t count_;
};

template <class... Parameters, class... Arguments>
void run_kernel_on(CUstream_st* stream, const char* name, void (*kernel)(Parameters...),
                   bauta::BAUTA_BACKEND::Blocks blocks, const Arguments&... arguments) {
  launch(name, blocks.grid, blocks.threads, blocks.shared_bytes, stream,
         [kernel, ... values = static_cast<Parameters>(arguments)] { kernel(values...); });
}

template <class... Parameters, class... Arguments>
void run_kernel(const char* name, void (*kernel)(Parameters...), bauta::BAUTA_BACKEND::Blocks blocks,
                const Arguments&... arguments) {
  run_kernel_on(nullptr, name, kernel, blocks, arguments...);
}

}  // namespace emulator
