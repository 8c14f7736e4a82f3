// A loss and its gradient in one pass. Each thread takes two 16-byte vectors of every tensor at a time, a
// block's width apart, writes their gradients and adds up their losses: a vector's in float, vectors in
// double, so that the mean of a million ones is one. Blocks leave their sums in the workspace, and the last
// to finish adds them in their order: one launch, the same bits in every run.
//   Floor, in bytes an element of storage s: l1 3s (a and b in, da out), the others 2s (x in, dx out).
#include "kernels/losses.h"

#include "kernels/parallel_gpu.h"

namespace bauta::BAUTA_BACKEND {

namespace {

// More would not move memory faster, and the last block has to add what each leaves.
constexpr Index kMostBlocks = 1024;

// Of one element.
struct Term {
  float loss, gradient;
};

struct L1 {
  float step;
  __device__ Term operator()(float a, float b) const {
    const float difference = a - b;
    return {fabsf(difference), difference > 0 ? step : difference < 0 ? -step : 0.0f};
  }
};

struct Lsgan {
  float scale, target;
  __device__ Term operator()(float x) const {
    const float difference = x - target;
    return {difference * difference, scale * difference};
  }
};

struct Log {
  float scale, target;
  __device__ Term operator()(float x) const {
    const float e = expf(-fabsf(x));  // of something negative only: no overflow
    const float sigmoid = (x >= 0 ? 1.0f : e) / (1.0f + e);
    return {(x > 0 ? x : 0.0f) + log1pf(e) - target * x, scale * (sigmoid - target)};
  }
};

struct Wasserstein {
  float step, sign;
  __device__ Term operator()(float x) const { return {sign * x, step}; }
};

template <int V>
struct Terms {
  float loss;
  Floats<V> gradient;
};

template <int V, class Loss, class... In>
__device__ Terms<V> terms(const Loss& f, const In&... in) {
  Terms<V> result;
  Floats<V> losses;
#pragma unroll
  for (int k = 0; k < V; ++k) {
    const Term term = f(in[k]...);
    losses[k] = term.loss;
    result.gradient[k] = term.gradient;
  }
#pragma unroll
  for (int half = V / 2; half > 0; half /= 2)
#pragma unroll
    for (int k = 0; k < half; ++k) losses[k] += losses[k + half];
  result.loss = losses[0];
  return result;
}

template <int V, class T, class Loss, class... In>
__global__ void __launch_bounds__(kThreads)
    loss_kernel(Global<float> loss, Global<T> gradient, Index count, Loss f, Global<double> sums,
                Global<unsigned> counter, Global<In>... x) {
  constexpr int kVectors = 2;
  constexpr Index kStep = kThreads * V, kBlock = kVectors * kStep;
  double sum = 0;
  const auto take = [&](const auto& found, Index i) {
    gradient.store(i, found.gradient);
    sum += static_cast<double>(found.loss);
  };
  for (Index begin = blockIdx.x * kBlock; begin < count; begin += gridDim.x * kBlock) {
    const Index first = begin + threadIdx.x * V;
    if (begin + kBlock <= count) {
      Terms<V> found[kVectors];
#pragma unroll
      for (int k = 0; k < kVectors; ++k) found[k] = terms<V>(f, x.template load<V>(first + k * kStep)...);
#pragma unroll
      for (int k = 0; k < kVectors; ++k) take(found[k], first + k * kStep);
    } else {
#pragma unroll
      for (int k = 0; k < kVectors; ++k) {
        const Index i = first + k * kStep;
        if (i + V <= count)
          take(terms<V>(f, x.template load<V>(i)...), i);
        else  // the last elements fill no vector
          for (Index j = i; j < count; ++j) take(terms<1>(f, x.template load<1>(j)...), j);
      }
    }
  }
  sum = block_sum(Vec<double, 1>{sum})[0];
  if (threadIdx.x == 0) sums.write(blockIdx.x, sum);
  if (!is_last_block(counter, gridDim.x)) return;

  double total = 0;
  for (unsigned i = threadIdx.x; i < gridDim.x; i += kThreads) total += sums.read(i);
  total = block_sum(Vec<double, 1>{total})[0];
  if (threadIdx.x == 0) loss.write(0, static_cast<float>(total / static_cast<double>(count)));
}

template <class T, class Loss, class... In>
void launch_loss_as(const char* launcher, View loss, View gradient, const Loss& f, const Context& ctx,
                    const In&... x) {
  const Index count = count_of(gradient.shape);
  const auto run = [&]<int V>(std::integral_constant<int, V>) {
    const Index blocks = smaller(divide_up(count, 2 * kThreads * V), kMostBlocks);
    Global<double> sums(reinterpret_cast<double*>(ctx.workspace(static_cast<std::size_t>(2 * blocks))));
    launch(launcher, loss_kernel<V, T, Loss, std::conditional_t<true, const T, In>...>,
           {.grid = static_cast<unsigned>(blocks), .threads = kThreads}, ctx, global<float>(loss),
           global<T>(gradient), count, f, sums, Global<unsigned>(ctx.counters(1)), global<T>(x)...);
  };
  if ((aligned(16, gradient.data) && ... && aligned(16, x.data)))
    run(std::integral_constant<int, kWidest<T>>());
  else
    run(std::integral_constant<int, 1>());
}

template <class Loss, class... In>
void launch_loss(const char* launcher, View loss, View gradient, const Loss& f, const Context& ctx,
                 const In&... x) {
  with_storage(gradient.dtype, [&](auto* null) {
    launch_loss_as<std::remove_pointer_t<decltype(null)>>(launcher, loss, gradient, f, ctx, x...);
  });
}

void check_loss(const char* launcher, View loss, View gradient, ConstView x) {
  const auto refuse = [&](const char* expression, const auto&... details) {
    fail_check(launcher, expression, __FILE__, __LINE__, details...);
  };
  if (x.shape != gradient.shape)
    refuse("the gradient is as x", "x is ", x.shape, ", the gradient is ", gradient.shape);
  if (loss.shape != Shape{} || loss.dtype != DType::Float32)
    refuse("the loss is one float32", "loss is ", loss.shape, ", ", loss.dtype);
  if (x.dtype != gradient.dtype)
    refuse("all views are stored alike", "x is ", x.dtype, ", the gradient is ", gradient.dtype);
  if (x.shape.count() == 0) refuse("there are elements", "there is no mean of no elements; x is ", x.shape);
}

float reciprocal(const Shape& shape) { return 1.0f / static_cast<float>(count_of(shape)); }

}  // namespace

void l1_loss(View loss, View da, ConstView a, ConstView b, const Context& ctx) {
  check_loss(__func__, loss, da, a);
  check_loss(__func__, loss, da, b);
  launch_loss(__func__, loss, da, L1{reciprocal(a.shape)}, ctx, a, b);
}

void lsgan_loss(View loss, View dx, ConstView x, float target, const Context& ctx) {
  check_loss(__func__, loss, dx, x);
  launch_loss(__func__, loss, dx, Lsgan{2.0f * reciprocal(x.shape), target}, ctx, x);
}

void log_loss(View loss, View dx, ConstView x, float target, const Context& ctx) {
  check_loss(__func__, loss, dx, x);
  launch_loss(__func__, loss, dx, Log{reciprocal(x.shape), target}, ctx, x);
}

void wasserstein_loss(View loss, View dx, ConstView x, float sign, const Context& ctx) {
  check_loss(__func__, loss, dx, x);
  BAUTA_CHECK(sign == 1 || sign == -1, "the sign is ", sign);
  launch_loss(__func__, loss, dx, Wasserstein{sign * reciprocal(x.shape), sign}, ctx, x);
}

}  // namespace bauta::BAUTA_BACKEND
