// Two launches: sums over the pixels (kernels/picture_sums_gpu.h says how they are cut and added), then every
// element by itself.
//   Floor, in bytes an element of storage s: forward 3s (x, x and y), backward 5s (dy, y, dy, y and dx). The
//   second launch starts where the first ended, with what is still in the second-level cache: up to about
//   40 MB on an H100 the card's memory sees 2s and 3s.
// The mean is kept as two numbers, the picture's first pixel and the distance from it, so that it may be
// huge.
#include "kernels/instance_norm.h"

#include "kernels/picture_sums_gpu.h"

namespace bauta::BAUTA_BACKEND {

namespace {

// What forward's second launch reads of each picture and channel.
struct Statistics {
  Global<float> shift, center, rstd;  // the mean is shift + center
  float eps;

  __device__ void operator()(Index at, float first, float mean, float variance) const {
    shift.write(at, first);
    center.write(at, mean);
    rstd.write(at, 1.0f / sqrtf(variance + eps));
  }
};

template <int V, class T>
__global__ void __launch_bounds__(kThreads)
    instance_norm_forward_kernel(Global<T> y, Global<const T> x, Cut cut, Global<const float> shift,
                                 Global<const float> center, Global<const float> rstd) {
  const Place at = Place::of<V>(cut, gridDim.x - 1 - blockIdx.x);
  const Index step = Index{cut.rows} * cut.channels, first = at.element<V>(cut);
  Floats<V> value[Cut::kMapped]{};
#pragma unroll
  for (int k = 0; k < Cut::kMapped; ++k)
    if (k < at.pixels) value[k] = x.template load<V>(first + k * step);
  __shared__ OfChannels<3> shared;
  share<3>(shared, cut, at, shift, center, rstd);
  if (at.pixels == 0) return;
  const Floats<V> from = shared_floats<V, 3>(shared, 0, at), mean = shared_floats<V, 3>(shared, 1, at),
                  factor = shared_floats<V, 3>(shared, 2, at);
#pragma unroll
  for (int k = 0; k < Cut::kMapped; ++k)
    if (k < at.pixels) {
#pragma unroll
      for (int j = 0; j < V; ++j) value[k][j] = (value[k][j] - from[j] - mean[j]) * factor[j];
      y.store(first + k * step, value[k]);
    }
}

// Means of dy and of dy * y.
template <int V, class T>
__global__ void __launch_bounds__(kSumThreads, 1)
    instance_norm_backward_sums_kernel(Global<const T> dy, Global<const T> y, Cut cut, Global<float> partials,
                                       Global<unsigned> counters, Global<float> mean, Global<float> slope) {
  constexpr int kAtOnce = 2;
  const Place at = Place::of<V>(cut, blockIdx.x);
  const Index step = Index{cut.rows} * cut.channels;
  Floats<V> sum{}, product{};
  Index from = at.element<V>(cut);
  for (int done = 0; done < at.pixels; done += kAtOnce, from += kAtOnce * step) {
    Floats<V> gradient[kAtOnce]{}, value[kAtOnce]{};
#pragma unroll
    for (int k = 0; k < kAtOnce; ++k)
      if (done + k < at.pixels) {
        gradient[k] = dy.template load<V>(from + k * step);
        value[k] = y.template load<V>(from + k * step);
      }
#pragma unroll
    for (int k = 0; k < kAtOnce; ++k)
      if (done + k < at.pixels)
#pragma unroll
        for (int j = 0; j < V; ++j) {
          sum[j] += gradient[k][j];
          product[j] = fmaf(gradient[k][j], value[k][j], product[j]);
        }
  }
  Sums total = sum_of_block<Sums>(cut, at, sum, product);
  if (!sum_of_picture(cut, at, total, partials, counters)) return;
  if (const int c = static_cast<int>(threadIdx.x); c < at.width) {
    const Index channel = at.group_channel(cut) + c;
    const float pixels = static_cast<float>(cut.pixels);
    mean.write(channel, total.a / pixels);
    slope.write(channel, total.b / pixels);
  }
}

template <int V, class T>
__global__ void __launch_bounds__(kThreads)
    instance_norm_backward_kernel(Global<T> dx, Global<const T> dy, Global<const T> y, Cut cut,
                                  Global<const float> mean, Global<const float> slope,
                                  Global<const float> rstd) {
  const Place at = Place::of<V>(cut, gridDim.x - 1 - blockIdx.x);
  const Index step = Index{cut.rows} * cut.channels, first = at.element<V>(cut);
  Floats<V> gradient[Cut::kMapped]{}, value[Cut::kMapped]{};
#pragma unroll
  for (int k = 0; k < Cut::kMapped; ++k)
    if (k < at.pixels) {
      gradient[k] = dy.template load<V>(first + k * step);
      value[k] = y.template load<V>(first + k * step);
    }
  __shared__ OfChannels<3> shared;
  share<3>(shared, cut, at, mean, slope, rstd);
  if (at.pixels == 0) return;
  const Floats<V> center = shared_floats<V, 3>(shared, 0, at), along = shared_floats<V, 3>(shared, 1, at),
                  factor = shared_floats<V, 3>(shared, 2, at);
#pragma unroll
  for (int k = 0; k < Cut::kMapped; ++k)
    if (k < at.pixels) {
#pragma unroll
      for (int j = 0; j < V; ++j)
        gradient[k][j] = factor[j] * (gradient[k][j] - center[j] - value[k][j] * along[j]);
      dx.store(first + k * step, gradient[k]);
    }
}

}  // namespace

void instance_norm_forward(View y, View rstd, ConstView x, float eps, const Context& ctx) {
  const Shape s = x.shape;
  BAUTA_CHECK(y.shape == s, "y is ", y.shape, ", x is ", s);
  BAUTA_CHECK(rstd.shape == (Shape{s.n, 1, 1, s.c}), "rstd is ", rstd.shape, ", x is ", s);
  BAUTA_CHECK(s.n == 0 || s.c == 0 || (s.h > 0 && s.w > 0), "there is no mean of no pixels; x is ", s);
  BAUTA_CHECK(eps >= 0, "eps is ", eps);
  BAUTA_CHECK(y.dtype == x.dtype && rstd.dtype == DType::Float32, "x is stored as ", x.dtype, ", y as ",
              y.dtype, ", rstd as ", rstd.dtype);

  with_vectors(x.dtype, s.c, {x.data, y.data}, [&]<int V, class T>() {
    const Cut sums = Cut::for_sums(s, V), map = Cut::for_map(s, V);
    const Index outputs = count_of(rstd.shape);
    float* const shift = ctx.workspace(2 * rstd.shape.count() + sums.partials(s));
    float* const center = shift + outputs;
    launch_moments<V, T>("instance_norm_forward", x, sums, center + outputs,
                         Statistics{shift, center, rstd.floats(), eps}, ctx);
    launch("instance_norm_forward", instance_norm_forward_kernel<V, T>, map.blocks(s, kThreads), ctx,
           global<T>(y), global<T>(x), map, shift, center, rstd.floats());
  });
}

void instance_norm_backward(View dx, ConstView dy, ConstView y, ConstView rstd, const Context& ctx) {
  const Shape s = dy.shape;
  BAUTA_CHECK(dx.shape == s && y.shape == s, "dx is ", dx.shape, ", dy is ", s, ", y is ", y.shape);
  BAUTA_CHECK(rstd.shape == (Shape{s.n, 1, 1, s.c}), "rstd is ", rstd.shape, ", dy is ", s);
  BAUTA_CHECK(dx.dtype == dy.dtype && y.dtype == dy.dtype && rstd.dtype == DType::Float32, "dx is stored as ",
              dx.dtype, ", dy as ", dy.dtype, ", y as ", y.dtype, ", rstd as ", rstd.dtype);

  with_vectors(dy.dtype, s.c, {dx.data, dy.data, y.data}, [&]<int V, class T>() {
    const Cut sums = Cut::for_sums(s, V), map = Cut::for_map(s, V);
    const Index outputs = count_of(rstd.shape);
    float* const mean = ctx.workspace(2 * rstd.shape.count() + sums.partials(s));
    float* const slope = mean + outputs;
    launch("instance_norm_backward", instance_norm_backward_sums_kernel<V, T>, sums.blocks(s, kSumThreads),
           ctx, global<T>(dy), global<T>(y), sums, slope + outputs, ctx.counters(sums.counters(s)), mean,
           slope);
    launch("instance_norm_backward", instance_norm_backward_kernel<V, T>, map.blocks(s, kThreads), ctx,
           global<T>(dx), global<T>(dy), global<T>(y), map, mean, slope, rstd.floats());
  });
}

}  // namespace bauta::BAUTA_BACKEND
