#include "kernels/fused_norm.h"

#include "kernels/fused_norm_checks.h"
#include "kernels/picture_sums_cpu.h"
#include "kernels/reflection_cpu.h"

namespace bauta::BAUTA_BACKEND {

namespace {

// Row h of picture n, without its halo, in a tensor (N,H+2q,W+2q,C) around pictures of shape s.
Index inner_row(const Shape& s, int halo, Index n, Index h) {
  return ((n * (s.h + 2 * halo) + h + halo) * (s.w + 2 * halo) + halo) * s.c;
}

// Without a branch, so that loops vectorize.
float leaky(float v, float gate, float slope) {
  const float low = slope * v;
  return gate > 0 ? v : low;
}

// The shares of rows that a chunk of pixels is made of: f(h, first column, one past the last).
template <class Function>
void for_rows(Index begin, Index size, Index width, const Function& f) {
  for (Index pixel = begin; pixel < begin + size;) {
    const Index h = pixel / width, end = smaller((h + 1) * width, begin + size);
    f(h, pixel - h * width, end - h * width);
    pixel = end;
  }
}

}  // namespace

void fused_norm_forward(View y, View mean, View rstd, ConstView x, ConstView residual, float eps, float slope,
                        const Context& ctx) {
  const Shape s = x.shape;
  const Halos halos = check_fused_norm(__func__, x, y, mean, rstd, residual, slope);
  BAUTA_CHECK(s.n == 0 || s.c == 0 || (s.h > 0 && s.w > 0), "there is no mean of no pixels; x is ", s);
  BAUTA_CHECK(eps >= 0, "eps is ", eps);

  const Partition cut(s);
  sum_moments(x.floats(), cut, ctx.workspace(static_cast<std::size_t>(cut.partials())), ctx,
              [=](Index at, float shift, double center, double variance) {
                mean.floats()[at] = static_cast<float>(static_cast<double>(shift) + center);
                rstd.floats()[at] = static_cast<float>(1 / std::sqrt(variance + static_cast<double>(eps)));
              });

  const Index row = Index{s.w} * s.c, channels = s.c;
  parallel_for(Index{s.n} * s.h, count_of(y.shape), ctx, [=](Index i) {
    const Index n = i / s.h, h = i % s.h;
    const float* const from = x.floats() + i * row;
    const float* const added =
        residual.data ? residual.floats() + inner_row(s, halos.residual, n, h) : nullptr;
    const float* const center = mean.floats() + n * channels;
    const float* const factor = rstd.floats() + n * channels;
    float* const to = y.floats() + inner_row(s, halos.border, n, h);
    const float low = slope;  // in a register
    for (Index w = 0; w < row; w += channels) {
#pragma omp simd
      for (Index c = 0; c < channels; ++c) {
        const float normal = (from[w + c] - center[c]) * factor[c];
        to[w + c] = leaky(normal, normal, low);
      }
      if (added) add(to + w, added + w, channels);
    }
    reflect_row(y.floats() + n * y.shape.h * y.shape.w * channels, h, s, halos.border);
  });
}

void fused_norm_backward(View dx, View d_residual, ConstView dy, ConstView extra, ConstView x, ConstView mean,
                         ConstView rstd, float slope, const Context& ctx) {
  const Shape s = x.shape;
  const Halos halos = check_fused_norm(__func__, x, dy, mean, rstd, d_residual, slope);
  require_shape(__func__, "dx", dx, s, x.dtype);
  if (extra.data) require_shape(__func__, "extra", extra, s, x.dtype);

  // g, in the first of these that there is: dy itself, d_residual when it has no halo, dx until the end.
  const bool is_dy = halos.border == 0 && !extra.data;
  float* const own = d_residual.data && halos.residual == 0 ? d_residual.floats() : dx.floats();
  const float* const g = is_dy ? dy.floats() : own;

  const Partition cut(s);
  const Index channels = s.c, picture = Index{dy.shape.h} * dy.shape.w * channels;
  float* const means = ctx.workspace(static_cast<std::size_t>(2 * cut.outputs() + cut.partials()));
  float* const slopes = means + cut.outputs();  // means of gh * (x - mean)
  sum_terms(
      cut, slopes + cut.outputs(), ctx,
      [=](Index item) {
        const Index n = cut.picture(item), begin = cut.begin(item), size = cut.size(item);
        if (!is_dy)
          for_rows(begin, size, s.w, [&](Index h, Index from, Index to) {
            const Index at = (n * cut.pixels + h * s.w + from) * channels;
            if (extra.data && extra.data != own) copy(own + at, extra.floats() + at, (to - from) * channels);
            gather_row(own + at, dy.floats() + n * picture, h, from, to, s, halos.border,
                       extra.data ? GradMode::Accumulate : GradMode::Overwrite);
          });
        return
            [=, gradient = g, value = x.floats(), center = mean.floats() + n * channels](Index at, Index c) {
              const float apart = value[at] - center[c];
              return Term{leaky(gradient[at], apart, slope), apart};
            };
      },
      [=](Index at, double level, double tilt) {
        const double factor = static_cast<double>(rstd.floats()[at]);
        means[at] = static_cast<float>(level);
        slopes[at] = static_cast<float>(factor * factor * tilt);
      });

  const Index row = Index{s.w} * channels;
  parallel_for(Index{s.n} * s.h, count_of(dy.shape), ctx, [=](Index i) {
    const Index n = i / s.h, h = i % s.h;
    const float* const gradient = g + i * row;
    if (d_residual.data && d_residual.data != g) {
      copy(d_residual.floats() + inner_row(s, halos.residual, n, h), gradient, row);
      clear_around_row(d_residual.floats() + n * d_residual.shape.h * d_residual.shape.w * channels, h, s,
                       halos.residual);
    }
    const float* const value = x.floats() + i * row;
    const float* const center = mean.floats() + n * channels;
    const float* const factor = rstd.floats() + n * channels;
    const float* const level = means + n * channels;
    const float* const tilt = slopes + n * channels;
    float* const to = dx.floats() + i * row;
    const float low = slope;
    for (Index w = 0; w < row; w += channels)
#pragma omp simd
      for (Index c = 0; c < channels; ++c) {
        const float apart = value[w + c] - center[c];
        to[w + c] = factor[c] * (leaky(gradient[w + c], apart, low) - level[c] - apart * tilt[c]);
      }
  });
}

}  // namespace bauta::BAUTA_BACKEND
