// A thread updates one vector of four elements, 16 bytes of each float32 tensor. It reads the clock, and what
// the step count makes of the rate, for itself: the last block to arrive moves the clock on, when all have
// read it.
//   Floor, in bytes an element: w, m, v in and out, g of storage s in: 24 + s; 2 more for the rounded copy.
// A vector a thread is enough in flight: 64 bytes each of the 1,280 threads that fit on a multiprocessor are
// four times what an H100's memory needs.
#include "kernels/adam.h"

#include <cmath>

#include "kernels/parallel_gpu.h"

namespace bauta::BAUTA_BACKEND {

namespace {

constexpr int kVector = 4;

// 1 - beta^step. expm1 keeps the digits that 1 - beta2 would lose in float.
__device__ float left_out(float log_beta, float steps) { return -expm1f(steps * log_beta); }

// m, v and w at their next step.
struct Update {
  float keep1, take1, keep2, take2, eps;
  float log_beta1, log_beta2;
  __device__ void operator()(float& w, float& m, float& v, float g, float rate, float scale) const {
    m = keep1 * m + take1 * g;
    v = keep2 * v + take2 * g * g;
    w -= rate * m / (sqrtf(v) * scale + eps);
  }
};

template <int V, class T>
__global__ void __launch_bounds__(kThreads)
    adam_kernel(Global<float> w, Global<bfloat16> w_rounded, Global<float> m, Global<float> v,
                Global<const T> g, Index count, Update update, Global<std::int64_t> step,
                Global<const float> learning_rate, Global<unsigned> arrived) {
  const std::int64_t now = larger(step.read(0), 0) + 1;
  const auto steps = static_cast<float>(now);
  const float rate = learning_rate.read(0) / left_out(update.log_beta1, steps);
  const float scale = 1 / sqrtf(left_out(update.log_beta2, steps));
  const auto at = [&]<int N>(std::integral_constant<int, N>, Index i) {
    Floats<N> w_ = w.load<N>(i), m_ = m.load<N>(i), v_ = v.load<N>(i);
    const Floats<N> g_ = g.template load<N>(i);
#pragma unroll
    for (int k = 0; k < N; ++k) update(w_[k], m_[k], v_[k], g_[k], rate, scale);
    w.store(i, w_);
    m.store(i, m_);
    v.store(i, v_);
    if (w_rounded) w_rounded.store(i, w_);
  };
  const Index i = (Index{blockIdx.x} * kThreads + threadIdx.x) * V;
  if (i + V <= count)
    at(std::integral_constant<int, V>(), i);
  else  // the last elements fill no vector
    for (Index j = i; j < count; ++j) at(std::integral_constant<int, 1>(), j);
  if (is_last_block(arrived, gridDim.x) && threadIdx.x == 0) step.write(0, now);
}

}  // namespace

void adam(View w, bfloat16* w_rounded, View m, View v, ConstView g, const AdamOptions& options,
          AdamClock* clock, const Context& ctx) {
  BAUTA_CHECK(w.shape == m.shape && w.shape == v.shape && w.shape == g.shape, "w is ", w.shape, ", m is ",
              m.shape, ", v is ", v.shape, ", g is ", g.shape);
  BAUTA_CHECK(w.dtype == DType::Float32 && m.dtype == DType::Float32 && v.dtype == DType::Float32, "w is ",
              w.dtype, ", m is ", m.dtype, ", v is ", v.dtype);
  BAUTA_CHECK(clock != nullptr, "there is no clock");

  const double beta1 = options.beta1, beta2 = options.beta2;
  const Update update{options.beta1,
                      static_cast<float>(1 - beta1),
                      options.beta2,
                      static_cast<float>(1 - beta2),
                      options.eps,
                      static_cast<float>(std::log(beta1)),
                      static_cast<float>(std::log(beta2))};
  const Index count = count_of(w.shape);
  with_storage(g.dtype, [&](auto* null) {
    using T = std::remove_pointer_t<decltype(null)>;
    const bool vectors = aligned(16, w.data) && aligned(16, m.data) && aligned(16, v.data) &&
                         aligned(kVector * sizeof(T), g.data) && aligned(8, w_rounded);
    const auto run = [&]<int V>(std::integral_constant<int, V>) {
      // Without an element there is still a step to count.
      const auto blocks = static_cast<unsigned>(larger(divide_up(count, kThreads * V), 1));
      launch("adam", adam_kernel<V, T>, {.grid = blocks, .threads = kThreads}, ctx, global<float>(w),
             w_rounded, global<float>(m), global<float>(v), global<T>(g), count, update, &clock->step,
             &clock->learning_rate, ctx.counters(1));
    };
    vectors ? run(std::integral_constant<int, kVector>()) : run(std::integral_constant<int, 1>());
  });
}

}  // namespace bauta::BAUTA_BACKEND
