// The gate walks the tensor as a bias does (kernels/columns_gpu.h): a thread keeps the slopes of its channels
// in registers; the slopes' gradient is summed as a bias's is.
//   Floor, in bytes an element of storage s: prelu_gate 3s (values and x in, y out), 2s where values are x;
//   prelu_slope_grad 3s (dy, values and x in), 2s where values are x.
#include "kernels/prelu.h"

#include "kernels/columns_gpu.h"
#include "kernels/elementwise.h"

namespace bauta::BAUTA_BACKEND {

namespace {

template <int V>
struct Gated {
  Floats<V> values, gate;
};

// values and x, read once where they are one tensor.
template <class T, bool kSame>
struct Values {
  Global<const T> values, x;

  template <int V>
  __device__ Gated<V> load(bool there, Index i) const {
    const Floats<V> gate = x.template load_if<V>(there, i);
    if constexpr (kSame)
      return {gate, gate};
    else
      return {values.template load_if<V>(there, i), gate};
  }
};

template <class T, bool kSame>
struct Gate {
  Values<T, kSame> in;
  float above;

  template <int V>
  __device__ Gated<V> load_if(bool there, Index i) const {
    return in.template load<V>(there, i);
  }
  template <int V>
  __device__ Floats<V> with(const Gated<V>& element, const Floats<V>& slope) const {
    Floats<V> y;
#pragma unroll
    for (int j = 0; j < V; ++j) y[j] = (element.gate[j] > 0 ? above : slope[j]) * element.values[j];
    return y;
  }
};

// dy * values where not x > 0.
template <class T, bool kSame>
struct Products {
  Global<const T> dy;
  Values<T, kSame> in;

  template <int V>
  __device__ Floats<V> load_if(bool there, Index i) const {
    const Gated<V> element = in.template load<V>(there, i);
    Floats<V> product = dy.template load_if<V>(there, i);
#pragma unroll
    for (int j = 0; j < V; ++j) product[j] = element.gate[j] > 0 ? 0.0f : product[j] * element.values[j];
    return product;
  }
};

// Rows of three tensors: more would not fit into the registers.
template <class T>
constexpr int kRowsAtOnce<Products<T, false>> = 4;

// f(Values) with x's storage, and whether values are x.
template <class Function>
void with_values(ConstView values, ConstView x, const Function& f) {
  with_storage(x.dtype, [&](auto* null) {
    using T = std::remove_pointer_t<decltype(null)>;
    if (values.data == x.data)
      f(Values<T, true>{global<T>(values), global<T>(x)});
    else
      f(Values<T, false>{global<T>(values), global<T>(x)});
  });
}

}  // namespace

void prelu_gate(View y, ConstView values, ConstView x, ConstView slope, float above, const Context& ctx) {
  const Shape s = x.shape;
  BAUTA_CHECK(y.shape == s && values.shape == s, "y is ", y.shape, ", values is ", values.shape, ", x is ",
              s);
  BAUTA_CHECK(slope.shape == (Shape{1, 1, 1, s.c}), "slope is ", slope.shape, ", x has ", s.c, " channels");
  BAUTA_CHECK(y.dtype == x.dtype && values.dtype == x.dtype, "y is ", y.dtype, ", values is ", values.dtype,
              ", x is ", x.dtype);
  if (s.count() == 0) return;
  with_values(values, x, [&]<class T, bool kSame>(const Values<T, kSame>& in) {
    spread_columns<T>("prelu_gate", y, Gate<T, kSame>{in, above},
                      aligned(16, values.data) && aligned(16, x.data), slope, channels_of(s), ctx);
  });
}

void prelu_slope_grad(View dslope, ConstView dy, ConstView values, ConstView x, GradMode mode,
                      const Context& ctx) {
  const Shape s = x.shape;
  BAUTA_CHECK(dy.shape == s && values.shape == s, "dy is ", dy.shape, ", values is ", values.shape, ", x is ",
              s);
  BAUTA_CHECK(dslope.shape == (Shape{1, 1, 1, s.c}), "dslope is ", dslope.shape, ", x has ", s.c,
              " channels");
  BAUTA_CHECK(dy.dtype == x.dtype && values.dtype == x.dtype, "dy is ", dy.dtype, ", values is ",
              values.dtype, ", x is ", x.dtype);
  if (s.count() == 0) {
    if (mode == GradMode::Overwrite) fill(dslope, 0, ctx);
    return;
  }
  with_values(values, x, [&]<class T, bool kSame>(const Values<T, kSame>& in) {
    sum_columns_of<T>("prelu_slope_grad", dslope, Products<T, kSame>{global<T>(dy), in},
                      aligned(16, dy.data) && aligned(16, values.data) && aligned(16, x.data), mode,
                      channels_of(s), ctx);
  });
}

}  // namespace bauta::BAUTA_BACKEND
