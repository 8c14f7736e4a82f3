// Sums over the pixels (kernels/picture_sums_gpu.h says how they are cut and added), then every pixel by
// itself: two launches each way. A thread reads its pixel once and writes it wherever y shows it: inside
// once, within p of a border twice (at a corner four times; nine where borders overlap). Backward it gathers
// g from the same places, so that no two threads write one.
//   Floor, in bytes an element of x of storage s, h = (H+2p)(W+2p) / HW:
//     forward  s (2 + h), with a residual 1 more: x for the sums and x again, residual, y
//     backward s (3 + 2h), with extra 2 more: x, dy, extra; x, dy, extra; dx
//              s (5 + h), with extra 1 more, where d_residual is written: x, dy, extra, d_residual; x,
//              d_residual; dx
//   The second launch starts where the first ended, with what is still in the second-level cache.
#include "kernels/fused_norm.h"

#include "kernels/fused_norm_checks.h"
#include "kernels/picture_sums_gpu.h"
#include "kernels/reflection.h"

namespace bauta::BAUTA_BACKEND {

namespace {

// Where the pixels of a picture lie in a tensor that has a halo around it.
struct Frame {
  int height, width, channels, halo;

  Frame(const Shape& inside, int pixels)
      : height(inside.h), width(inside.w), channels(inside.c), halo(pixels) {}
  // The first channel of row h, column w of the tensor, counted from the halo's corner.
  __device__ Index outer(int n, int h, int w) const {
    return ((n * (Index{height} + 2 * halo) + h) * (width + 2 * halo) + w) * channels;
  }
  __device__ Index inner(int n, int h, int w) const { return outer(n, h + halo, w + halo); }
};

// A thread's pixels, one after the other.
struct Walk {
  int h, w;

  __device__ Walk(const Place& at, int width) {
    const Index pixel = at.begin + at.row;
    h = static_cast<int>(pixel / width);
    w = static_cast<int>(pixel - Index{h} * width);
  }
  __device__ void step(int rows, int width) {
    const int next = w + rows;
    h += next / width;
    w = next % width;
  }
};

struct Statistics {
  Global<float> mean, rstd;
  float eps;

  __device__ void operator()(Index at, float shift, float center, float variance) const {
    mean.write(at, shift + center);
    rstd.write(at, 1.0f / sqrtf(variance + eps));
  }
};

template <int V, class T>
__global__ void __launch_bounds__(kThreads)
    fused_norm_forward_kernel(Global<T> y, Frame bordered, Global<const T> x, Global<const T> residual,
                              Frame framed, Cut cut, Global<const float> mean, Global<const float> rstd,
                              float slope) {
  constexpr int kPixels = Cut::kMapped;
  const Place at = Place::of<V>(cut, gridDim.x - 1 - blockIdx.x);
  const int height = bordered.height, width = bordered.width, first = at.first + at.lane * V;
  const Index from = at.element<V>(cut), step = Index{cut.rows} * cut.channels;
  Floats<V> value[kPixels]{}, added[kPixels]{};
#pragma unroll
  for (int k = 0; k < kPixels; ++k)
    if (k < at.pixels) value[k] = x.template load<V>(from + k * step);
  Walk pixel(at, width);
  if (residual) {
    Walk ahead = pixel;
#pragma unroll
    for (int k = 0; k < kPixels; ++k) {
      if (k < at.pixels) added[k] = residual.template load<V>(framed.inner(at.n, ahead.h, ahead.w) + first);
      ahead.step(cut.rows, width);
    }
  }
  __shared__ OfChannels<2> shared;
  share<2>(shared, cut, at, mean, rstd);
  if (at.pixels == 0) return;
  const Floats<V> center = shared_floats<V, 2>(shared, 0, at), factor = shared_floats<V, 2>(shared, 1, at);
#pragma unroll
  for (int k = 0; k < kPixels; ++k) {
    if (k < at.pixels) {
      Floats<V> result;
#pragma unroll
      for (int j = 0; j < V; ++j) {
        const float normal = (value[k][j] - center[j]) * factor[j];
        result[j] = (normal > 0 ? normal : slope * normal) + added[k][j];
      }
      y.store(bordered.inner(at.n, pixel.h, pixel.w) + first, result);
      for_images(Shown(pixel.h, height, bordered.halo), Shown(pixel.w, width, bordered.halo),
                 [&](int h, int w) { y.store(bordered.outer(at.n, h, w) + first, result); });
    }
    pixel.step(cut.rows, width);
  }
}

// ---- backward

// What g is made of.
template <class T>
struct Upstream {
  Global<const T> inside;  // dy, or g itself
  Frame frame;
  bool reflected;         // whether its halo is part of g
  Global<const T> extra;  // or null

  template <int V>
  __device__ Floats<V> load(int n, int h, int w, int first) const {
    return inside.template load<V>(frame.inner(n, h, w) + first);
  }
  template <int V>
  __device__ Floats<V> load_extra(Index i) const {
    return extra ? extra.template load<V>(i) : Floats<V>{};
  }
  template <int V>
  __device__ void add_images(Floats<V>& sum, int n, int h, int w, int first) const {
    if (!reflected) return;
    for_images(Shown(h, frame.height, frame.halo), Shown(w, frame.width, frame.halo),
               [&](int row, int column) {
                 const Floats<V> part = inside.template load<V>(frame.outer(n, row, column) + first);
#pragma unroll
                 for (int j = 0; j < V; ++j) sum[j] += part[j];
               });
  }
};

// Calls f(i, pixel, x, g) for each of a thread's pixels, kAtOnce of them on their way at a time; i is where
// the pixel is in x.
template <int V, class T, class Function>
__device__ void for_pixels(const Cut& cut, const Place& at, Global<const T> x, const Upstream<T>& upstream,
                           const Function& f) {
  constexpr int kAtOnce = 2;
  const int width = upstream.frame.width, first = at.first + at.lane * V;
  const Index step = Index{cut.rows} * cut.channels;
  Index from = at.element<V>(cut);
  if (at.pixels == 0) return;
  Walk ahead(at, width), pixel = ahead;
  for (int done = 0; done < at.pixels; done += kAtOnce, from += kAtOnce * step) {
    Floats<V> value[kAtOnce]{}, gradient[kAtOnce]{}, extra[kAtOnce]{};
#pragma unroll
    for (int k = 0; k < kAtOnce; ++k) {
      if (done + k < at.pixels) {
        value[k] = x.template load<V>(from + k * step);
        gradient[k] = upstream.template load<V>(at.n, ahead.h, ahead.w, first);
        extra[k] = upstream.template load_extra<V>(from + k * step);
      }
      ahead.step(cut.rows, width);
    }
#pragma unroll
    for (int k = 0; k < kAtOnce; ++k) {
      if (done + k < at.pixels) {
        upstream.add_images(gradient[k], at.n, pixel.h, pixel.w, first);
#pragma unroll
        for (int j = 0; j < V; ++j) gradient[k][j] += extra[k][j];
        f(from + k * step, pixel, value[k], gradient[k]);
      }
      pixel.step(cut.rows, width);
    }
  }
}

// Means of gh, and of gh * xhat times rstd; writes g where it is wanted.
template <int V, class T>
__global__ void __launch_bounds__(kSumThreads, 1)
    fused_norm_backward_sums_kernel(Global<T> d_residual, Frame framed, Upstream<T> upstream,
                                    Global<const T> x, Cut cut, Global<const float> mean,
                                    Global<const float> rstd, float slope, Global<float> partials,
                                    Global<unsigned> counters, Global<float> mean_gh, Global<float> along) {
  const Place at = Place::of<V>(cut, blockIdx.x);
  __shared__ OfChannels<1> shared;
  share<1>(shared, cut, at, mean);
  const Floats<V> center = at.pixels > 0 ? shared_floats<V, 1>(shared, 0, at) : Floats<V>{};
  Floats<V> sum{}, product{};
  for_pixels<V>(
      cut, at, x, upstream, [&](Index, const Walk& pixel, const Floats<V>& value, const Floats<V>& g) {
        if (d_residual) {
          const int first = at.first + at.lane * V;
          d_residual.store(framed.inner(at.n, pixel.h, pixel.w) + first, g);
          for_images(Shown(pixel.h, framed.height, framed.halo), Shown(pixel.w, framed.width, framed.halo),
                     [&](int h, int w) { d_residual.store(framed.outer(at.n, h, w) + first, Floats<V>{}); });
        }
#pragma unroll
        for (int j = 0; j < V; ++j) {
          const float apart = value[j] - center[j], gh = apart > 0 ? g[j] : slope * g[j];
          sum[j] += gh;
          product[j] = fmaf(gh, apart, product[j]);
        }
      });
  Sums total = sum_of_block<Sums>(cut, at, sum, product);
  if (!sum_of_picture(cut, at, total, partials, counters)) return;
  if (const int c = static_cast<int>(threadIdx.x); c < at.width) {
    const Index channel = at.group_channel(cut) + c;
    const float pixels = static_cast<float>(cut.pixels), factor = rstd.read(channel);
    mean_gh.write(channel, total.a / pixels);
    along.write(channel, factor * (factor * (total.b / pixels)));
  }
}

template <int V, class T>
__global__ void __launch_bounds__(kThreads)
    fused_norm_backward_kernel(Global<T> dx, Upstream<T> upstream, Global<const T> x, Cut cut,
                               Global<const float> mean, Global<const float> rstd, float slope,
                               Global<const float> mean_gh, Global<const float> along) {
  const Place at = Place::of<V>(cut, gridDim.x - 1 - blockIdx.x);
  __shared__ OfChannels<4> shared;
  share<4>(shared, cut, at, mean, rstd, mean_gh, along);
  if (at.pixels == 0) return;
  const Floats<V> center = shared_floats<V, 4>(shared, 0, at), factor = shared_floats<V, 4>(shared, 1, at),
                  level = shared_floats<V, 4>(shared, 2, at), tilt = shared_floats<V, 4>(shared, 3, at);
  for_pixels<V>(cut, at, x, upstream, [&](Index i, const Walk&, const Floats<V>& value, const Floats<V>& g) {
    Floats<V> result;
#pragma unroll
    for (int j = 0; j < V; ++j) {
      const float apart = value[j] - center[j], gh = apart > 0 ? g[j] : slope * g[j];
      result[j] = factor[j] * (gh - level[j] - apart * tilt[j]);
    }
    dx.store(i, result);
  });
}

}  // namespace

void fused_norm_forward(View y, View mean, View rstd, ConstView x, ConstView residual, float eps, float slope,
                        const Context& ctx) {
  const Shape s = x.shape;
  const Halos halos = check_fused_norm(__func__, x, y, mean, rstd, residual, slope);
  BAUTA_CHECK(s.n == 0 || s.c == 0 || (s.h > 0 && s.w > 0), "there is no mean of no pixels; x is ", s);
  BAUTA_CHECK(eps >= 0, "eps is ", eps);

  with_vectors(x.dtype, s.c, {y.data, x.data, residual.data}, [&]<int V, class T>() {
    const Cut sums = Cut::for_sums(s, V), map = Cut::for_map(s, V);
    launch_moments<V, T>("fused_norm_forward", x, sums, ctx.workspace(sums.partials(s)),
                         Statistics{mean.floats(), rstd.floats(), eps}, ctx);
    launch("fused_norm_forward", fused_norm_forward_kernel<V, T>, map.blocks(s, kThreads), ctx, global<T>(y),
           Frame(s, halos.border), global<T>(x), global<T>(residual), Frame(s, halos.residual), map,
           mean.floats(), rstd.floats(), slope);
  });
}

void fused_norm_backward(View dx, View d_residual, ConstView dy, ConstView extra, ConstView x, ConstView mean,
                         ConstView rstd, float slope, const Context& ctx) {
  const Shape s = x.shape;
  const Halos halos = check_fused_norm(__func__, x, dy, mean, rstd, d_residual, slope);
  require_shape(__func__, "dx", dx, s, x.dtype);
  if (extra.data) require_shape(__func__, "extra", extra, s, x.dtype);

  with_vectors(x.dtype, s.c, {dx.data, d_residual.data, dy.data, extra.data, x.data}, [&]<int V, class T>() {
    const Cut sums = Cut::for_sums(s, V), map = Cut::for_map(s, V);
    const Index outputs = count_of(mean.shape);
    float* const mean_gh = ctx.workspace(2 * mean.shape.count() + sums.partials(s));
    float* const along = mean_gh + outputs;
    const Frame framed(s, halos.residual);
    const Upstream<T> whole{global<T>(dy), Frame(s, halos.border), true, global<T>(extra)};
    const Upstream<T> summed{Global<const T>(static_cast<T*>(d_residual.data)), framed, false, {}};
    launch("fused_norm_backward", fused_norm_backward_sums_kernel<V, T>, sums.blocks(s, kSumThreads), ctx,
           global<T>(d_residual), framed, whole, global<T>(x), sums, mean.floats(), rstd.floats(), slope,
           along + outputs, ctx.counters(sums.counters(s)), mean_gh, along);
    launch("fused_norm_backward", fused_norm_backward_kernel<V, T>, map.blocks(s, kThreads), ctx,
           global<T>(dx), d_residual.data ? summed : whole, global<T>(x), map, mean.floats(), rstd.floats(),
           slope, mean_gh, along);
  });
}

}  // namespace bauta::BAUTA_BACKEND
