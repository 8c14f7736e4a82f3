#include "kernels/cublaslt.h"

#include <sstream>
#include <stdexcept>
#include <string>

#include "kernels/check.h"
#include "kernels/cublaslt_functions.h"
#include "kernels/library_call.h"

namespace bauta::cublaslt {

namespace {

constexpr std::size_t kLargestWorkspace = std::size_t{32} << 20;  // bytes; what NVIDIA advises for an H100

class Failure : public std::runtime_error {
 public:
  explicit Failure(cublasStatus_t its) : std::runtime_error(functions()->GetStatusString(its)), status(its) {}
  const cublasStatus_t status;
};

void check(cublasStatus_t status) {
  if (status != CUBLAS_STATUS_SUCCESS) throw Failure(status);
}

cudaDataType_t stored_as(DType dtype) { return dtype == DType::BFloat16 ? CUDA_R_16BF : CUDA_R_32F; }

template <class T>
void set(cublasLtMatmulDesc_t description, cublasLtMatmulDescAttributes_t name, const T& value) {
  check(functions()->MatmulDescSetAttribute(description, name, &value, sizeof value));
}

template <class T>
void set(cublasLtMatmulPreference_t preference, cublasLtMatmulPreferenceAttributes_t name, const T& value) {
  check(functions()->MatmulPreferenceSetAttribute(preference, name, &value, sizeof value));
}

cublasOperation_t operation(Transpose op) { return op == Transpose::Yes ? CUBLAS_OP_T : CUBLAS_OP_N; }

}  // namespace

void refuse(const ProductKey& key, cublasStatus_t status) {
  const GemmProblem& problem = key.problem;
  const auto sign = [](Transpose op) { return op == Transpose::Yes ? " transposed" : ""; };
  std::ostringstream product;
  product << problem.rows << " x " << problem.columns << " of depth " << problem.depth << ", a"
          << sign(problem.op_a) << ", b" << sign(problem.op_b) << ", " << problem.dtype
          << (key.tf32 ? ", tf32" : "");
  if (status == CUBLAS_STATUS_ALLOC_FAILED) fail_for_memory("gemm by cuBLASLt (" + product.str() + ")");
  fail_check("gemm", "cuBLASLt does as asked", __FILE__, __LINE__, product.str(), ": ",
             functions()->GetStatusString(status));
}

// What there is to delete was made by these functions.
void Products::Deleter::operator()(cublasLtContext* handle) const {
  static_cast<void>(functions()->Destroy(handle));
}
void Products::Deleter::operator()(cublasLtMatmulDescOpaque_t* description) const {
  static_cast<void>(functions()->MatmulDescDestroy(description));
}
void Products::Deleter::operator()(cublasLtMatrixLayoutOpaque_t* layout) const {
  static_cast<void>(functions()->MatrixLayoutDestroy(layout));
}
void Products::Deleter::operator()(cublasLtMatmulPreferenceOpaque_t* preference) const {
  static_cast<void>(functions()->MatmulPreferenceDestroy(preference));
}

std::size_t Products::Hash::operator()(const ProductKey& key) const {
  const GemmProblem& problem = key.problem;
  return KeyHash()
      .add(problem.rows, problem.columns, problem.depth, problem.op_a, problem.op_b, problem.dtype, key.tf32)
      .value();
}

// A matrix as it lies in memory: its rows are what cuBLASLt, which counts by columns, calls columns.
Products::Layout Products::layout(DType dtype, int rows, int columns) {
  cublasLtMatrixLayout_t made = nullptr;
  check(functions()->MatrixLayoutCreate(&made, stored_as(dtype), static_cast<std::uint64_t>(columns),
                                        static_cast<std::uint64_t>(rows), columns));
  return Layout(made);
}

// Counted by columns our c is its transpose, op(b)' op(a)': the operands change places, and no matrix moves.
Products::Product Products::prepare(const ProductKey& key) const {
  const GemmProblem& problem = key.problem;
  Product product;
  cublasLtMatmulDesc_t description = nullptr;
  check(functions()->MatmulDescCreate(
      &description, key.tf32 ? CUBLAS_COMPUTE_32F_FAST_TF32 : CUBLAS_COMPUTE_32F, CUDA_R_32F));
  product.description.reset(description);
  set(description, CUBLASLT_MATMUL_DESC_TRANSA, operation(problem.op_b));
  set(description, CUBLASLT_MATMUL_DESC_TRANSB, operation(problem.op_a));
  const auto stored = [&](Transpose op, int rows, int columns) {
    return op == Transpose::Yes ? layout(problem.dtype, columns, rows) : layout(problem.dtype, rows, columns);
  };
  product.left = stored(problem.op_b, problem.depth, problem.columns);
  product.right = stored(problem.op_a, problem.rows, problem.depth);
  product.result = layout(problem.dtype, problem.rows, problem.columns);

  cublasLtMatmulPreference_t made = nullptr;
  check(functions()->MatmulPreferenceCreate(&made));
  const Owned<cublasLtMatmulPreferenceOpaque_t> preference(made);
  set(made, CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, kLargestWorkspace);
  for (const auto name :
       {CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES,
        CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES})
    set(made, name, std::uint32_t{kLibraryAlignment});
  // Stretches of the depth are added in float32 and in their order, never in c.
  set(made, CUBLASLT_MATMUL_PREF_REDUCTION_SCHEME_MASK,
      std::uint32_t{CUBLASLT_REDUCTION_SCHEME_COMPUTE_TYPE});

  cublasLtMatmulHeuristicResult_t found{};
  int count = 0;
  const cublasStatus_t status = functions()->MatmulAlgoGetHeuristic(
      handle_.get(), description, product.left.get(), product.right.get(), product.result.get(),
      product.result.get(), made, 1, &found, &count);
  if (status != CUBLAS_STATUS_NOT_SUPPORTED) check(status);
  product.possible = status == CUBLAS_STATUS_SUCCESS && count > 0 && found.state == CUBLAS_STATUS_SUCCESS;
  if (product.possible) {
    product.algorithm = found.algo;
    product.workspace = found.workspaceSize;
  }
  return product;
}

bool Products::run(const ProductKey& key, void* c, const void* a, const void* b, const Context& ctx) {
  if (!aligned_for_libraries(c, a, b) || !functions()) return false;
  try {
    if (!handle_) {
      cublasLtHandle_t handle = nullptr;
      check(functions()->Create(&handle));
      handle_.reset(handle);
    }
    auto found = products_.find(key);
    if (found == products_.end()) found = products_.emplace(key, prepare(key)).first;
    const Product& product = found->second;
    if (!product.possible) return false;
    const float one = 1, zero = 0;
    check(functions()->Matmul(handle_.get(), product.description.get(), &one, b, product.left.get(), a,
                              product.right.get(), &zero, c, product.result.get(), c, product.result.get(),
                              &product.algorithm, library_workspace(ctx, product.workspace),
                              product.workspace, ctx.stream()));
    return true;
  } catch (const Failure& failure) {
    refuse(key, failure.status);
  }
}

}  // namespace bauta::cublaslt
