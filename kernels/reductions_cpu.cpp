#include "kernels/reductions.h"

#include <cstring>

#include "kernels/parallel_cpu.h"
#include "kernels/repeated_dimensions.h"

namespace bauta::BAUTA_BACKEND {

namespace {

// The rows of the larger shape: each is named by an index over the kept outer dimensions and one over the
// repeated ones.
struct Layout : RepeatedDimensions {
  Index kept = 1, repeated = 1;  // rows that differ, and how often each is repeated

  Layout(const Shape& small, const Shape& large) : RepeatedDimensions(small, large) {
    for (int d = 0; d < rank - 1; ++d) (dimensions[d].repeated ? repeated : kept) *= dimensions[d].size;
  }

  // Where a row of the larger shape begins.
  Index offset(Index kept_index, Index repeated_index) const {
    Index at = 0, stride = row().size;
    for (int d = rank - 2; d >= 0; --d) {
      Index& index = dimensions[d].repeated ? repeated_index : kept_index;
      at += index % dimensions[d].size * stride;
      index /= dimensions[d].size;
      stride *= dimensions[d].size;
    }
    return at;
  }

  // Of the row that comes as number i in the larger shape: its index over the kept dimensions.
  Index kept_index(Index i) const {
    Index at = 0, stride = 1;
    for (int d = rank - 2; d >= 0; --d) {
      if (!dimensions[d].repeated) {
        at += i % dimensions[d].size * stride;
        stride *= dimensions[d].size;
      }
      i /= dimensions[d].size;
    }
    return at;
  }
};

// Columns summed together, on the stack.
constexpr Index kColumns = 512;

// Sums over rows [begin, end) of the repeated ones, column by column: a part of y, or partial sums of it.
template <class Number>
void sum_columns(Number* y, const float* x, const Layout& layout, Index kept, Index begin, Index end,
                 Index columns) {
  double sum[kColumns];
  for (Index c = 0; c < columns; ++c) sum[c] = 0;
  for (Index r = begin; r < end; ++r) {
    const float* const from = x + layout.offset(kept, r);
#pragma omp simd
    for (Index c = 0; c < columns; ++c) sum[c] += static_cast<double>(from[c]);
  }
  for (Index c = 0; c < columns; ++c) y[c] = static_cast<Number>(sum[c]);
}

double sum_rows(const float* x, const Layout& layout, Index kept, Index begin, Index end, Index columns) {
  double sum = 0;
  for (Index r = begin; r < end; ++r) {
    const float* const from = x + layout.offset(kept, r);
#pragma omp simd reduction(+ : sum)
    for (Index c = 0; c < columns; ++c) sum += static_cast<double>(from[c]);
  }
  return sum;
}

double* partial_sums(const Context& ctx, Index count) {
  return reinterpret_cast<double*>(ctx.workspace(static_cast<std::size_t>(2 * count)));
}

}  // namespace

void reduce_sum(View y, ConstView x, const Context& ctx) {
  BAUTA_CHECK(repeats(y.shape, x.shape), "x is ", x.shape, ", and does not reduce to ", y.shape);
  const Layout layout(y.shape, x.shape);
  const Index width = layout.row().size, count = count_of(x.shape), outputs = count_of(y.shape);
  // Each output sums `parts` pieces of x, each of some rows and columns.
  const Index columns = smaller(larger(width, 1), layout.row().repeated ? kChunk : kColumns);
  const Index rows = larger(1, kChunk / columns);
  const Index row_parts = divide_up(layout.repeated, rows), column_parts = divide_up(width, columns);
  const Index parts = layout.row().repeated ? row_parts * column_parts : row_parts;
  const bool whole = parts == 1;
  double* const partial = whole ? nullptr : partial_sums(ctx, parts * outputs);

  parallel_for(layout.kept * row_parts * column_parts, count, ctx, [=](Index i) {
    const Index column = i % column_parts * columns, part = i / column_parts % row_parts;
    const Index kept = i / column_parts / row_parts;
    const Index begin = part * rows, end = smaller(layout.repeated, begin + rows);
    const Index used = smaller(columns, width - column);
    const float* const from = x.floats() + column;
    if (!layout.row().repeated) {
      const Index to = kept * width + column;
      if (whole)
        sum_columns(y.floats() + to, from, layout, kept, begin, end, used);
      else
        sum_columns(partial + part * outputs + to, from, layout, kept, begin, end, used);
    } else {
      const double sum = sum_rows(from, layout, kept, begin, end, used);
      if (whole)
        y.floats()[kept] = static_cast<float>(sum);
      else
        partial[(part * column_parts + i % column_parts) * outputs + kept] = sum;
    }
  });
  if (whole) return;
  parallel_ranges(outputs, ctx, [=](Index begin, Index end) {
    for (Index i = begin; i < end; ++i) {
      double sum = 0;
      for (Index part = 0; part < parts; ++part) sum += partial[part * outputs + i];
      y.floats()[i] = static_cast<float>(sum);
    }
  });
}

void broadcast(View y, ConstView x, const Context& ctx) {
  BAUTA_CHECK(repeats(x.shape, y.shape), "x is ", x.shape, ", and does not repeat to ", y.shape);
  const Layout layout(x.shape, y.shape);
  const Index width = layout.row().size, all_rows = layout.kept * layout.repeated;
  const Index columns = smaller(larger(width, 1), kChunk), column_parts = divide_up(width, columns);
  const Index rows = larger(1, kChunk / columns);
  parallel_for(divide_up(all_rows, rows) * column_parts, count_of(y.shape), ctx, [=](Index i) {
    const Index column = i % column_parts * columns, used = smaller(columns, width - column);
    const Index begin = i / column_parts * rows, end = smaller(all_rows, begin + rows);
    for (Index r = begin; r < end; ++r) {
      const Index kept = layout.kept_index(r);
      float* const to = y.floats() + r * width + column;
      if (layout.row().repeated) {
        const float value = x.floats()[kept];
        for (Index c = 0; c < used; ++c) to[c] = value;
      } else {
        std::memcpy(to, x.floats() + kept * width + column, static_cast<std::size_t>(used) * sizeof(float));
      }
    }
  });
}

}  // namespace bauta::BAUTA_BACKEND
