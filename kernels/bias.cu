// A bias and its gradient walk the tensor alike (kernels/columns_gpu.h): a thread stays with the channels of
// one vector of 16 bytes, whose bias or sums it keeps in registers, and goes from row to row, four or eight
// of them on their way at a time. Channel counts that are no whole number of vectors, like 3, are walked
// several pixels to a row.
//   Floor, in bytes an element of storage s: bias_add 2s (x in, y out), bias_grad s (dy in). Beside them a
//   thread reads its bias once in four rows, and the gradient's blocks leave a number a channel each.
#include "kernels/bias.h"

#include "kernels/columns_gpu.h"
#include "kernels/elementwise.h"

namespace bauta::BAUTA_BACKEND {

void bias_add(View y, ConstView x, ConstView b, const Context& ctx) {
  const Shape s = x.shape;
  BAUTA_CHECK(y.shape == s, "y is ", y.shape, ", x is ", s);
  BAUTA_CHECK(b.shape == (Shape{1, 1, 1, s.c}), "b is ", b.shape, ", x has ", s.c, " channels");
  BAUTA_CHECK(y.dtype == x.dtype, "y is ", y.dtype, ", x is ", x.dtype);
  if (s.count() == 0) return;
  with_storage(y.dtype, [&](auto* null) {
    using T = std::remove_pointer_t<decltype(null)>;
    spread_columns<T>("bias_add", y, Sum<T>{global<T>(x)}, aligned(16, x.data), b, channels_of(s), ctx);
  });
}

void bias_grad(View db, ConstView dy, GradMode mode, const Context& ctx) {
  const Shape s = dy.shape;
  BAUTA_CHECK(db.shape == (Shape{1, 1, 1, s.c}), "db is ", db.shape, ", dy has ", s.c, " channels");
  if (s.count() > 0)
    sum_columns(__func__, db, dy, mode, channels_of(s), ctx);
  else if (mode == GradMode::Overwrite)
    fill(db, 0, ctx);
}

}  // namespace bauta::BAUTA_BACKEND
