// The kernels at the shapes of the networks: what is launched, and the fewest bytes that it must move. Times
// are taken by `bauta bench`, on a card or a CPU; bytes are counted by the emulator
// (tests/emulator/traffic.cpp).
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "kernels/backend.h"
#include "kernels/context.h"

namespace bauta::bench {

// Filled with noise, in the memory of the context's backend.
class Operand {
 public:
  Operand(const Context& ctx, Shape shape, DType dtype = DType::Float32);
  // Others than views read: boxes, bytes, clocks.
  template <class T>
  Operand(const Context& ctx, const std::vector<T>& values)
      : Operand(ctx, values.data(), values.size() * sizeof(T)) {}

  View view() const { return {memory_.get(), shape_, dtype_}; }
  template <class T>
  T* data() const {
    return static_cast<T*>(memory_.get());
  }

 private:
  Operand(const Context& ctx, const void* values, std::size_t bytes);

  std::shared_ptr<void> memory_;
  Shape shape_;
  DType dtype_ = DType::Float32;
};

struct Case {
  std::string kernel;  // the launcher
  std::string what;    // shape and variant
  DType dtype;
  double bytes;       // the floor: each input read once, each output written once
  double operations;  // floating-point; 0 where bytes alone count
  // Allocates operands and gives what to run.
  std::function<std::function<void()>(const Context&)> prepare;
  // Bytes that may move, as multiples of the floor; kernels/README.md says why where it is more than this. A
  // kernel that moves fewer than it must has not done its work, or its case has a wrong floor.
  double most = 1.15, least = 0.97;
  bool counted = true;  // or timed alone: too large for the emulator

  std::string storage() const { return dtype == DType::Float32 ? "float32" : "bfloat16"; }
};

// Whether the text contains each of the words, which spaces part, in any order. No words: yes.
bool contains_words(const std::string& text, const std::string& words);

// Every case of every stem whose kernel, shape and storage contain the filter's words; in the order of
// kernels/README.md's table. Throws std::invalid_argument where there is none.
std::vector<Case> cases_with(const std::string& filter);

// Launchers of kernels/launchers.inc that have no case. There should be none.
std::vector<std::string> launchers_without_case();

// One function a stem, in STEM_bench.cpp; cases.cpp lists them.
void add_activations(std::vector<Case>& cases);
void add_adam(std::vector<Case>& cases);
void add_bias(std::vector<Case>& cases);
void add_convolution(std::vector<Case>& cases);
void add_copy_part(std::vector<Case>& cases);
void add_depthwise_convolution(std::vector<Case>& cases);
void add_elementwise(std::vector<Case>& cases);
void add_fused_norm(std::vector<Case>& cases);
void add_gemm(std::vector<Case>& cases);
void add_image_pool(std::vector<Case>& cases);
void add_instance_norm(std::vector<Case>& cases);
void add_losses(std::vector<Case>& cases);
void add_mosaic(std::vector<Case>& cases);
void add_pictures(std::vector<Case>& cases);
void add_pooling(std::vector<Case>& cases);
void add_prelu(std::vector<Case>& cases);
void add_random(std::vector<Case>& cases);
void add_reductions(std::vector<Case>& cases);
void add_reflection_pad(std::vector<Case>& cases);
void add_resampling_matrix(std::vector<Case>& cases);
void add_separable_convolution(std::vector<Case>& cases);

// ---- for those functions

// What stands between the generator's convolutions at 256x256 and batch 1, ngf 64: where most bytes move.
inline const std::vector<Shape> kFeatureMaps = {{1, 256, 256, 64}, {1, 128, 128, 128}, {1, 64, 64, 256}};
inline const std::vector<DType> kStorage = {DType::BFloat16, DType::Float32};

std::string name_of(const Shape& shape);  // 1x64x64x256
double bytes(const Shape& shape, DType dtype);

}  // namespace bauta::bench
