#include "kernels/instance_norm.h"

#include "kernels/picture_sums_cpu.h"

namespace bauta::BAUTA_BACKEND {

void instance_norm_forward(View y, View rstd, ConstView x, float eps, const Context& ctx) {
  const Shape s = x.shape;
  BAUTA_CHECK(y.shape == s, "y is ", y.shape, ", x is ", s);
  BAUTA_CHECK(rstd.shape == (Shape{s.n, 1, 1, s.c}), "rstd is ", rstd.shape, ", x is ", s);
  BAUTA_CHECK(s.n == 0 || s.c == 0 || (s.h > 0 && s.w > 0), "there is no mean of no pixels; x is ", s);
  BAUTA_CHECK(eps >= 0, "eps is ", eps);

  const Partition cut(s);
  const Index channels = cut.channels;
  float* const shifts = ctx.workspace(static_cast<std::size_t>(2 * cut.outputs() + cut.partials()));
  float* const centers = shifts + cut.outputs();
  sum_moments(x.floats(), cut, centers + cut.outputs(), ctx,
              [=](Index at, float shift, double center, double variance) {
                shifts[at] = shift;  // kept, as y may be x
                centers[at] = static_cast<float>(center);
                rstd.floats()[at] = static_cast<float>(1 / std::sqrt(variance + static_cast<double>(eps)));
              });

  parallel_for(cut.items(), cut.elements(), ctx, [=](Index item) {
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
  const Index channels = cut.channels;
  float* const means = ctx.workspace(static_cast<std::size_t>(2 * cut.outputs() + cut.partials()));
  float* const slopes = means + cut.outputs();  // means of dy * y
  sum_terms(
      cut, slopes + cut.outputs(), ctx,
      [=](Index) {
        return [gradient = dy.floats(), value = y.floats()](Index at, Index) {
          return Term{gradient[at], value[at]};
        };
      },
      [=](Index at, double mean, double slope) {
        means[at] = static_cast<float>(mean);
        slopes[at] = static_cast<float>(slope);
      });

  parallel_for(cut.items(), cut.elements(), ctx, [=](Index item) {
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
