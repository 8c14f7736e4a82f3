#include "kernels/gemm.h"

#include "kernels/check.h"
#include "kernels/register_tile.h"

namespace bauta::BAUTA_BACKEND {
namespace {

struct Matrix {
  const float* data;
  Index rows, columns;  // after the transposition
  bool transposed;

  Matrix(ConstView view, Transpose op)
      : data(view.floats()),
        rows(op == Transpose::Yes ? view.shape.c : view.shape.n),
        columns(op == Transpose::Yes ? view.shape.n : view.shape.c),
        transposed(op == Transpose::Yes) {}
};

constexpr bool is_matrix(const Shape& shape) { return shape.h == 1 && shape.w == 1; }

}  // namespace

void gemm(View c, ConstView a, Transpose op_a, ConstView b, Transpose op_b, const Context& ctx) {
  BAUTA_CHECK(is_matrix(a.shape) && is_matrix(b.shape) && is_matrix(c.shape),
              "matrices are (rows, 1, 1, columns), not ", a.shape, ", ", b.shape, " and ", c.shape);
  const Matrix left(a, op_a), right(b, op_b);
  BAUTA_CHECK(left.columns == right.rows, "op(a) has ", left.columns, " columns but op(b) has ", right.rows,
              " rows");
  BAUTA_CHECK(c.shape.n == left.rows && c.shape.c == right.columns, "c is ", c.shape, " but the product is ",
              left.rows, " x ", right.columns);

  const Index depth = right.rows, columns = right.columns, panel_count = panels(columns);
  float* packed = ctx.workspace(static_cast<std::size_t>(packed_floats(depth, columns)));
#pragma omp parallel for schedule(dynamic) num_threads(ctx.threads())
  for (Index panel = 0; panel < panel_count; ++panel) {
    float* to = packed + panel * kPanel * depth;
    const Index wanted = panel_columns(columns, panel), width = panel_width(columns, panel);
    if (right.transposed)
      pack_transposed(to, right.data + panel * kPanel * depth, depth, depth, wanted, width);
    else
      for (Index t = 0; t < depth; ++t)
        pack_row(to + t * width, right.data + t * columns + panel * kPanel, wanted, width);
  }

  constexpr Index kBlockRows = 16 * kTileRows;  // a's rows that stay in the cache during one stretch of b
  const Index blocks = ceil_div(left.rows, kBlockRows);
  const Index row_pitch = left.transposed ? 1 : depth, step = left.transposed ? left.rows : 1;
#pragma omp parallel for collapse(2) schedule(dynamic) num_threads(ctx.threads())
  for (Index block = 0; block < blocks; ++block)
    for (Index panel = 0; panel < panel_count; ++panel) {
      const Index wanted = panel_columns(columns, panel), width = panel_width(columns, panel);
      const Index stretch = kStretchFloats / width, last = smaller((block + 1) * kBlockRows, left.rows);
      // A product of depth 0 is one empty stretch, which writes zeros.
      for (Index t = 0; t == 0 || t < depth; t += stretch)
        for (Index row = block * kBlockRows; row < last; row += kTileRows) {
          const Index rows = smaller(kTileRows, last - row);
          const float* from[kTileRows];
          float* to[kTileRows];
          for (Index i = 0; i < rows; ++i) {
            from[i] = left.data + (row + i) * row_pitch + t * step;
            to[i] = c.floats() + (row + i) * columns + panel * kPanel;
          }
          multiply_tile(to, from, rows, wanted, {.length = smaller(stretch, depth - t), .step = step},
                        packed + panel * kPanel * depth + t * width, t > 0);
        }
    }
}

}  // namespace bauta::BAUTA_BACKEND
