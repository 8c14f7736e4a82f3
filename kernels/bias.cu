// bias_add: a thread moves 16 bytes; its channel comes from one division. bias_grad: a reduction that keeps
// the channels (kernels/channel_reduction_gpu.h), one launch.
//   Floor, in bytes an element of storage s: bias_add 2s, bias_grad s.
#include "kernels/bias.h"

#include "kernels/channel_reduction_gpu.h"

namespace bauta::BAUTA_BACKEND {

namespace {

template <int V, class T, class B>
__global__ void __launch_bounds__(kThreads)
    bias_add_kernel(Global<T> y, Global<const T> x, Global<const B> b, Index count, int channels) {
  const Index i = (Index{blockIdx.x} * kThreads + threadIdx.x) * V;
  if (i >= count) return;
  Floats<V> value = x.template load<V>(i);
  const int channel = static_cast<int>(remainder(i, channels));
  const Floats<V> bias = b.template load<V>(channel);
#pragma unroll
  for (int k = 0; k < V; ++k) value[k] += bias[k];
  y.store(i, value);
}

template <class T, class B>
struct BiasGrad {
  using Gathered = Sums<1>;
  Global<const T> dy;
  Global<B> db;
  int channels;
  bool accumulate;

  template <int V>
  __device__ Floats<V> load(Index, Index row, int channel) const {
    return dy.template load<V>(row * channels + channel);
  }
  template <int V>
  __device__ void add(Gathered (&sums)[V], const Floats<V>& loaded, float) const {
#pragma unroll
    for (int k = 0; k < V; ++k) sums[k][0] += loaded[k];
  }
  __device__ void finish(Index, int channel, Gathered total) const {
    db.template store<1>(channel, {total[0] + (accumulate ? db.template load<1>(channel)[0] : 0.0f)});
  }
};

}  // namespace

void bias_add(View y, ConstView x, ConstView b, const Context& ctx) {
  const Shape s = x.shape;
  BAUTA_CHECK(y.shape == s && y.dtype == x.dtype, "y is ", y.shape, " in ", y.dtype, ", x is ", s, " in ",
              x.dtype);
  BAUTA_CHECK(b.shape == (Shape{1, 1, 1, s.c}), "b is ", b.shape, ", x has ", s.c, " channels");
  const Index count = count_of(s);
  with_storage(x.dtype, [&](auto* null) {
    using T = std::remove_pointer_t<decltype(null)>;
    constexpr int V = kWidest<T>;
    with_storage(b.dtype, [&](auto* null_b) {
      using B = std::remove_pointer_t<decltype(null_b)>;
      // Eight floats of the bias are two accesses; a narrower vector keeps it one.
      constexpr int W = V < kWidest<B> ? V : kWidest<B>;
      const bool whole = s.c % W == 0 && aligned(W * sizeof(T), y.data) && aligned(W * sizeof(T), x.data) &&
                         aligned(W * sizeof(B), b.data);
      launch(
          "bias_add", whole ? bias_add_kernel<W, T, B> : bias_add_kernel<1, T, B>,
          {.grid = static_cast<unsigned>(divide_up(count, (whole ? W : 1) * kThreads)), .threads = kThreads},
          ctx, global<T>(y), global<T>(x), global<B>(b), count, s.c);
    });
  });
}

void bias_grad(View db, ConstView dy, GradMode mode, const Context& ctx) {
  const Shape s = dy.shape;
  BAUTA_CHECK(db.shape == (Shape{1, 1, 1, s.c}), "db is ", db.shape, ", dy has ", s.c, " channels");
  with_storage(dy.dtype, [&](auto* null) {
    using T = std::remove_pointer_t<decltype(null)>;
    constexpr int V = kWidest<T>;
    with_storage(db.dtype, [&](auto* null_b) {
      using B = std::remove_pointer_t<decltype(null_b)>;
      reduce_channels<V>("bias_grad", ctx, 1, Index{s.n} * s.h * s.w, s.c,
                         s.c % V == 0 && aligned(16, dy.data),
                         BiasGrad<T, B>{global<T>(dy), global<B>(db), s.c, mode == GradMode::Accumulate});
    });
  });
}

}  // namespace bauta::BAUTA_BACKEND
