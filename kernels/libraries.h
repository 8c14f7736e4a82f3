// What the card's kernels leave to libraries: convolutions to cuDNN, matrix products to cuBLASLt.
// convolution.cu and gemm.cu ask here first, and do themselves what no library takes.
#pragma once

#include <cstddef>
#include <memory>

#include "kernels/convolution.h"
#include "kernels/gemm.h"

namespace bauta {

enum class ConvolutionPass : unsigned char { Fprop, Dgrad, Wgrad };

// A convolution (kernels/convolution.h) by all that its plan depends on; the result is y, dx or dw, the
// other two are the inputs. Sizes fit together, and nothing is empty.
struct ConvolutionProblem {
  ConvolutionPass pass = ConvolutionPass::Fprop;
  Shape x, w, y;
  ConvGeometry geometry;
  DType inputs = DType::Float32, result = DType::Float32;  // storage
  GradMode mode = GradMode::Overwrite;                     // of dw

  bool operator==(const ConvolutionProblem&) const = default;
};

// A plan that wants more scratch memory than twice what its tensors take is none; in bytes, and within these.
inline constexpr std::size_t kLeastWorkspaceLimit = std::size_t{16} << 20,
                             kLargestWorkspaceLimit = std::size_t{256} << 20;
std::size_t workspace_limit(const ConvolutionProblem& problem);  // bytes

// c (rows, columns) = op(a) op(b), all row-major and stored alike.
struct GemmProblem {
  int rows = 0, columns = 0, depth = 0;
  Transpose op_a = Transpose::No, op_b = Transpose::No;
  DType dtype = DType::Float32;

  bool operator==(const GemmProblem&) const = default;
};

// One a Context, for its stream.
class Libraries {
 public:
  virtual ~Libraries() = default;

  // Queue the work on the context's stream and return true, or return false where there is no plan for it.
  // Pointers are to the backend's memory: fprop (y, x, w), dgrad (dx, dy, w), wgrad (dw, x, dy).
  // Throw CheckError, naming the operation, the sizes and the library's own words, when the library fails,
  // and OutOfMemory when it has not the memory that it wants for itself.
  virtual bool convolution(const ConvolutionProblem& problem, void* result, const void* a, const void* b,
                           const Context& ctx) = 0;
  virtual bool gemm(const GemmProblem& problem, void* c, const void* a, const void* b,
                    const Context& ctx) = 0;

  // Whether float32 inputs may be rounded to TF32 (10 bits after the point), which tensor cores take. At
  // first they may not; bfloat16 is exact either way.
  void allow_tf32(bool allow) { tf32_ = allow; }
  bool tf32() const { return tf32_; }

 private:
  bool tf32_ = false;
};

}  // namespace bauta
