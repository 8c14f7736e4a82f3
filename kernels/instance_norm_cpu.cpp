#include "kernels/instance_norm.h"

#include <cmath>

#include "kernels/parallel_cpu.h"

namespace bauta::BAUTA_BACKEND {

namespace {

// Channels whose sums are kept in registers while a chunk of pixels goes by.
constexpr Index kLanes = 32;
// Pixels of a chunk, at most: so few that their sum in float loses nothing.
constexpr Index kPixels = 256;

// How a batch is cut: each picture into chunks of pixels that fit in the cache.
struct Partition {
  Index pictures, pixels, channels, chunk, chunks;

  explicit Partition(const Shape& s)
      : pictures(s.n),
        pixels(Index{s.h} * s.w),
        channels(s.c),
        chunk(larger(1, smaller(kPixels, kChunk / larger(1, channels)))),
        chunks(divide_up(pixels, chunk)) {}
  Index items() const { return pictures * chunks; }
  Index elements() const { return pictures * pixels * channels; }
  Index picture(Index item) const { return item / chunks; }
  Index begin(Index item) const { return item % chunks * chunk; }
  Index size(Index item) const { return smaller(chunk, pixels - begin(item)); }
  // The chunk's first float.
  Index offset(Index item) const { return (picture(item) * pixels + begin(item)) * channels; }
};

// Calls f(c, lanes) for each group of channels; lanes is a constant where it can be.
template <class Function>
inline void for_lanes(Index channels, const Function& f) {
  Index c = 0;
  for (; c + kLanes <= channels; c += kLanes) f(c, kLanes);
  if (c < channels) f(c, channels - c);
}

}  // namespace

void instance_norm_forward(View y, View rstd, ConstView x, float eps, const Context& ctx) {
  const Shape s = x.shape;
  BAUTA_CHECK(y.shape == s, "y is ", y.shape, ", x is ", s);
  BAUTA_CHECK(rstd.shape == (Shape{s.n, 1, 1, s.c}), "rstd is ", rstd.shape, ", x is ", s);
  BAUTA_CHECK(s.n == 0 || s.c == 0 || (s.h > 0 && s.w > 0), "there is no mean of no pixels; x is ", s);
  BAUTA_CHECK(eps >= 0, "eps is ", eps);

  // All of it is done with x - shift, shift being the picture's first pixel: a difference of neighbours is
  // exact however large their common mean is.
  const Partition cut(s);
  const Index channels = cut.channels, items = cut.items(), outputs = cut.pictures * channels;
  float* const means = ctx.workspace(static_cast<std::size_t>(2 * items * channels + 2 * outputs));
  float* const squares = means + items * channels;  // sums of squared distances from the chunk's mean
  float* const shifts = squares + items * channels;
  float* const centers = shifts + outputs;  // mean - shift of a whole picture

  parallel_for(items, cut.elements(), ctx, [=](Index item) {
    const float* const chunk = x.floats() + cut.offset(item);
    const float* const first = x.floats() + cut.picture(item) * cut.pixels * channels;
    const Index pixels = cut.size(item);
    for_lanes(channels, [&](Index c, Index lanes) {
      float shift[kLanes], sum[kLanes], square[kLanes];
      for (Index l = 0; l < lanes; ++l) {
        shift[l] = first[c + l];
        sum[l] = square[l] = 0;
      }
      for (Index p = 0; p < pixels; ++p)
        for (Index l = 0; l < lanes; ++l) sum[l] += chunk[p * channels + c + l] - shift[l];
      for (Index l = 0; l < lanes; ++l) sum[l] /= static_cast<float>(pixels);
      for (Index p = 0; p < pixels; ++p)
        for (Index l = 0; l < lanes; ++l) {
          const float centered = chunk[p * channels + c + l] - shift[l] - sum[l];
          square[l] += centered * centered;
        }
      for (Index l = 0; l < lanes; ++l) {
        means[item * channels + c + l] = sum[l];
        squares[item * channels + c + l] = square[l];
      }
    });
  });

  // The chunks' statistics become the picture's (Chan, Golub, LeVeque 1983), in the order of the chunks.
  parallel_for(cut.pictures, 2 * items * channels, ctx, [=](Index n) {
    const Index begin = n * cut.chunks, end = begin + cut.chunks;
    const double pixels = static_cast<double>(cut.pixels);
    for_lanes(channels, [&](Index c, Index lanes) {
      double mean[kLanes] = {}, square[kLanes] = {};
      for (Index item = begin; item < end; ++item)
        for (Index l = 0; l < lanes; ++l)
          mean[l] +=
              static_cast<double>(means[item * channels + c + l]) * static_cast<double>(cut.size(item));
      for (Index l = 0; l < lanes; ++l) mean[l] /= pixels;
      for (Index item = begin; item < end; ++item)
        for (Index l = 0; l < lanes; ++l) {
          const double between = static_cast<double>(means[item * channels + c + l]) - mean[l];
          square[l] += static_cast<double>(squares[item * channels + c + l]) +
                       static_cast<double>(cut.size(item)) * between * between;
        }
      for (Index l = 0; l < lanes; ++l) {
        const Index at = n * channels + c + l;
        rstd.floats()[at] = static_cast<float>(1 / std::sqrt(square[l] / pixels + static_cast<double>(eps)));
        centers[at] = static_cast<float>(mean[l]);
        shifts[at] = x.floats()[n * cut.pixels * channels + c + l];  // kept, as y may be x
      }
    });
  });

  parallel_for(items, cut.elements(), ctx, [=](Index item) {
    const float* const from = x.floats() + cut.offset(item);
    float* const to = y.floats() + cut.offset(item);
    const float* const shift = shifts + cut.picture(item) * channels;
    const float* const center = centers + cut.picture(item) * channels;
    const float* const scale = rstd.floats() + cut.picture(item) * channels;
    for (Index p = 0; p < cut.size(item); ++p)
#pragma omp simd
      for (Index c = 0; c < channels; ++c)
        to[p * channels + c] = (from[p * channels + c] - shift[c] - center[c]) * scale[c];
  });
}

void instance_norm_backward(View dx, ConstView dy, ConstView y, ConstView rstd, const Context& ctx) {
  const Shape s = dy.shape;
  BAUTA_CHECK(dx.shape == s && y.shape == s, "dx is ", dx.shape, ", dy is ", s, ", y is ", y.shape);
  BAUTA_CHECK(rstd.shape == (Shape{s.n, 1, 1, s.c}), "rstd is ", rstd.shape, ", dy is ", s);

  const Partition cut(s);
  const Index channels = cut.channels, items = cut.items(), outputs = cut.pictures * channels;
  float* const sums = ctx.workspace(static_cast<std::size_t>(2 * items * channels + 2 * outputs));
  float* const products = sums + items * channels;  // sums of dy * y
  float* const means = products + items * channels;
  float* const slopes = means + outputs;  // means of dy * y

  parallel_for(items, cut.elements(), ctx, [=](Index item) {
    const float* const gradient = dy.floats() + cut.offset(item);
    const float* const value = y.floats() + cut.offset(item);
    const Index pixels = cut.size(item);
    for_lanes(channels, [&](Index c, Index lanes) {
      float sum[kLanes], product[kLanes];
      for (Index l = 0; l < lanes; ++l) sum[l] = product[l] = 0;
      for (Index p = 0; p < pixels; ++p)
        for (Index l = 0; l < lanes; ++l) {
          const Index at = p * channels + c + l;
          sum[l] += gradient[at];
          product[l] += gradient[at] * value[at];
        }
      for (Index l = 0; l < lanes; ++l) {
        sums[item * channels + c + l] = sum[l];
        products[item * channels + c + l] = product[l];
      }
    });
  });

  parallel_for(cut.pictures, 2 * items * channels, ctx, [=](Index n) {
    const Index begin = n * cut.chunks, end = begin + cut.chunks;
    const double pixels = static_cast<double>(cut.pixels);
    for_lanes(channels, [&](Index c, Index lanes) {
      double sum[kLanes] = {}, product[kLanes] = {};
      for (Index item = begin; item < end; ++item)
        for (Index l = 0; l < lanes; ++l) {
          sum[l] += static_cast<double>(sums[item * channels + c + l]);
          product[l] += static_cast<double>(products[item * channels + c + l]);
        }
      for (Index l = 0; l < lanes; ++l) {
        means[n * channels + c + l] = static_cast<float>(sum[l] / pixels);
        slopes[n * channels + c + l] = static_cast<float>(product[l] / pixels);
      }
    });
  });

  parallel_for(items, cut.elements(), ctx, [=](Index item) {
    const float* const gradient = dy.floats() + cut.offset(item);
    const float* const value = y.floats() + cut.offset(item);
    float* const to = dx.floats() + cut.offset(item);
    const float* const mean = means + cut.picture(item) * channels;
    const float* const slope = slopes + cut.picture(item) * channels;
    const float* const scale = rstd.floats() + cut.picture(item) * channels;
    for (Index p = 0; p < cut.size(item); ++p)
#pragma omp simd
      for (Index c = 0; c < channels; ++c) {
        const Index at = p * channels + c;
        to[at] = scale[c] * (gradient[at] - mean[c] - value[at] * slope[c]);
      }
  });
}

}  // namespace bauta::BAUTA_BACKEND
