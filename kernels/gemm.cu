// By tiles of kernels/contraction_gpu.h: 64 x 64 of c a block, exact float32 sums.
//   Floor s (rows depth + depth columns + rows columns) bytes, 2 rows columns depth operations; moved: a once
//   for every 64 columns of c, b once for every 64 rows. What is large enough to be bound by arithmetic is
//   worth a library that keeps the tensor cores busy; this one takes any size, transposition and storage.
#include "kernels/gemm.h"

#include "kernels/contraction_gpu.h"
#include "kernels/libraries.h"

namespace bauta::BAUTA_BACKEND {

namespace {

// A matrix after its transposition.
struct Operand {
  ConstView view;
  bool transposed;

  Operand(ConstView v, Transpose op) : view(v), transposed(op == Transpose::Yes) {}
  Index rows() const { return transposed ? view.shape.c : view.shape.n; }
  Index columns() const { return transposed ? view.shape.n : view.shape.c; }
};

bool is_matrix(const Shape& shape) { return shape.h == 1 && shape.w == 1; }

// Calls f with the operand whose lines are rows `pitch` apart (along_sum) or side by side.
template <class T, class Function>
void with_operand(ConstView view, bool along_sum, const Function& f) {
  const Index pitch = view.shape.c;
  if (along_sum)
    f(MatrixOperand<T, true>{global<T>(view), pitch, 1});
  else
    f(MatrixOperand<T, false>{global<T>(view), 1, pitch});
}

}  // namespace

void gemm(View c, ConstView a, Transpose op_a, ConstView b, Transpose op_b, const Context& ctx) {
  BAUTA_CHECK(is_matrix(a.shape) && is_matrix(b.shape) && is_matrix(c.shape),
              "matrices are (rows, 1, 1, columns), not ", a.shape, ", ", b.shape, " and ", c.shape);
  const Operand left(a, op_a), right(b, op_b);
  BAUTA_CHECK(left.columns() == right.rows(), "op(a) has ", left.columns(), " columns but op(b) has ",
              right.rows(), " rows");
  BAUTA_CHECK(c.shape.n == left.rows() && c.shape.c == right.columns(), "c is ", c.shape,
              " but the product is ", left.rows(), " x ", right.columns());
  BAUTA_CHECK(a.dtype == c.dtype && b.dtype == c.dtype, "a is ", a.dtype, ", b is ", b.dtype, ", c is ",
              c.dtype);
  if (Libraries* const libraries = ctx.libraries();
      libraries && c.shape.count() > 0 && left.columns() > 0 &&
      libraries->gemm({.rows = c.shape.n,
                       .columns = c.shape.c,
                       .depth = static_cast<int>(left.columns()),
                       .op_a = op_a,
                       .op_b = op_b,
                       .dtype = c.dtype},
                      c.data, a.data, b.data, ctx))
    return;
  with_storage(c.dtype, [&](auto* null) {
    using T = std::remove_pointer_t<decltype(null)>;
    with_operand<T>(a, !left.transposed, [&](const auto& rows) {
      with_operand<T>(b, right.transposed, [&](const auto& columns) {
        contract<T>("gemm", ctx, c.data, rows, columns, left.rows(), right.columns(), right.rows());
      });
    });
  });
}

}  // namespace bauta::BAUTA_BACKEND
