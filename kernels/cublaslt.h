// Matrix products by cuBLASLt, with the algorithm that its heuristics put first.
// https://docs.nvidia.com/cuda/cublas/#using-the-cublaslt-api
#pragma once

#include <cublasLt.h>

#include <cstddef>
#include <memory>
#include <unordered_map>

#include "kernels/context.h"
#include "kernels/libraries.h"

namespace bauta::cublaslt {

// What an algorithm depends on.
struct ProductKey {
  GemmProblem problem;
  bool tf32 = false;  // whether float32 inputs may be rounded to TF32

  bool operator==(const ProductKey&) const = default;
};

// Throws what a status other than success becomes for who asked for the product: OutOfMemory, or CheckError.
[[noreturn]] void refuse(const ProductKey& key, cublasStatus_t status);

// For one context and its stream, whose card is the current one at the first call.
class Products {
 public:
  // As Libraries::gemm: false where cuBLASLt is not there or knows no algorithm, or a pointer is not aligned
  // to 16 bytes. Once a problem has run, running it again is legal in a stream that is being captured.
  bool run(const ProductKey& key, void* c, const void* a, const void* b, const Context& ctx);

 private:
  struct Deleter {
    void operator()(cublasLtContext* handle) const;
    void operator()(cublasLtMatmulDescOpaque_t* description) const;
    void operator()(cublasLtMatrixLayoutOpaque_t* layout) const;
    void operator()(cublasLtMatmulPreferenceOpaque_t* preference) const;
  };
  template <class T>
  using Owned = std::unique_ptr<T, Deleter>;
  using Layout = Owned<cublasLtMatrixLayoutOpaque_t>;

  struct Product {
    Owned<cublasLtMatmulDescOpaque_t> description;
    Layout left, right, result;  // in cuBLASLt's order
    cublasLtMatmulAlgo_t algorithm{};
    std::size_t workspace = 0;  // bytes
    bool possible = false;
  };
  struct Hash {
    std::size_t operator()(const ProductKey& key) const;
  };

  Product prepare(const ProductKey& key) const;
  static Layout layout(DType dtype, int rows, int columns);

  Owned<cublasLtContext> handle_;  // the first call's
  std::unordered_map<ProductKey, Product, Hash> products_;
};

}  // namespace bauta::cublaslt
