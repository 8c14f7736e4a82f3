#include "kernels/losses.h"

#include <cmath>

#include "kernels/parallel_cpu.h"

namespace bauta::BAUTA_BACKEND {

namespace {

// loss = mean of what body(begin, end) sums over each range. The ranges' sums are added in order.
template <class Body>
inline void mean_over_ranges(float* loss, Index count, const Context& ctx, const Body& body) {
  const Index ranges = divide_up(count, kChunk);
  double* const sums = reinterpret_cast<double*>(ctx.workspace(static_cast<std::size_t>(2 * ranges)));
  parallel_ranges(count, ctx, [=](Index begin, Index end) { sums[begin / kChunk] = body(begin, end); });
  double total = 0;
  for (Index i = 0; i < ranges; ++i) total += sums[i];
  *loss = static_cast<float>(total / static_cast<double>(count));
}

}  // namespace

void l1_loss(View loss, View da, ConstView a, ConstView b, const Context& ctx) {
  BAUTA_CHECK(a.shape == b.shape && a.shape == da.shape, "a is ", a.shape, ", b is ", b.shape, ", da is ",
              da.shape);
  BAUTA_CHECK(loss.shape == Shape{}, "loss is ", loss.shape, ", one number is wanted");
  const Index count = count_of(a.shape);
  BAUTA_CHECK(count > 0, "there is no mean of no elements; a is ", a.shape);
  const float step = 1.0f / static_cast<float>(count);
  mean_over_ranges(loss.floats(), count, ctx, [=](Index begin, Index end) {
    const float *const a_ = a.floats(), *const b_ = b.floats();
    float* const da_ = da.floats();
    double sum = 0;
#pragma omp simd reduction(+ : sum)
    for (Index i = begin; i < end; ++i) {
      const float difference = a_[i] - b_[i];
      da_[i] = difference > 0 ? step : difference < 0 ? -step : 0.0f;
      sum += static_cast<double>(std::abs(difference));
    }
    return sum;
  });
}

void lsgan_loss(View loss, View dx, ConstView x, float target, const Context& ctx) {
  BAUTA_CHECK(x.shape == dx.shape, "x is ", x.shape, ", dx is ", dx.shape);
  BAUTA_CHECK(loss.shape == Shape{}, "loss is ", loss.shape, ", one number is wanted");
  const Index count = count_of(x.shape);
  BAUTA_CHECK(count > 0, "there is no mean of no elements; x is ", x.shape);
  const float scale = 2.0f / static_cast<float>(count);
  mean_over_ranges(loss.floats(), count, ctx, [=](Index begin, Index end) {
    const float* const x_ = x.floats();
    float* const dx_ = dx.floats();
    double sum = 0;
#pragma omp simd reduction(+ : sum)
    for (Index i = begin; i < end; ++i) {
      const float difference = x_[i] - target;
      dx_[i] = scale * difference;
      sum += static_cast<double>(difference) * static_cast<double>(difference);
    }
    return sum;
  });
}

void log_loss(View loss, View dx, ConstView x, float target, const Context& ctx) {
  BAUTA_CHECK(x.shape == dx.shape, "x is ", x.shape, ", dx is ", dx.shape);
  BAUTA_CHECK(loss.shape == Shape{}, "loss is ", loss.shape, ", one number is wanted");
  const Index count = count_of(x.shape);
  BAUTA_CHECK(count > 0, "there is no mean of no elements; x is ", x.shape);
  const float scale = 1.0f / static_cast<float>(count);
  mean_over_ranges(loss.floats(), count, ctx, [=](Index begin, Index end) {
    double sum = 0;
    for (Index i = begin; i < end; ++i) {
      // exp of something negative only: no overflow.
      const float logit = x.floats()[i], e = std::exp(-std::abs(logit));
      const float sigmoid = (logit >= 0 ? 1.0f : e) / (1.0f + e);
      dx.floats()[i] = scale * (sigmoid - target);
      sum += static_cast<double>((logit > 0 ? logit : 0.0f) + std::log1p(e) - target * logit);
    }
    return sum;
  });
}

void wasserstein_loss(View loss, View dx, ConstView x, float sign, const Context& ctx) {
  BAUTA_CHECK(x.shape == dx.shape, "x is ", x.shape, ", dx is ", dx.shape);
  BAUTA_CHECK(loss.shape == Shape{}, "loss is ", loss.shape, ", one number is wanted");
  BAUTA_CHECK(sign == 1 || sign == -1, "the sign is ", sign);
  const Index count = count_of(x.shape);
  BAUTA_CHECK(count > 0, "there is no mean of no elements; x is ", x.shape);
  const float step = sign / static_cast<float>(count);
  mean_over_ranges(loss.floats(), count, ctx, [=](Index begin, Index end) {
    const float* const x_ = x.floats();
    float* const dx_ = dx.floats();
    double sum = 0;
#pragma omp simd reduction(+ : sum)
    for (Index i = begin; i < end; ++i) {
      dx_[i] = step;
      sum += static_cast<double>(x_[i]);
    }
    return static_cast<double>(sign) * sum;
  });
}

}  // namespace bauta::BAUTA_BACKEND
