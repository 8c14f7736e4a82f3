#include "kernels/adam.h"

#include <cmath>

#include "kernels/parallel_cpu.h"

namespace bauta::BAUTA_BACKEND {

void adam(View w, bfloat16* w_rounded, View m, View v, ConstView g, const AdamOptions& options,
          AdamClock* clock, const Context& ctx) {
  BAUTA_CHECK(w.shape == m.shape && w.shape == v.shape && w.shape == g.shape, "w is ", w.shape, ", m is ",
              m.shape, ", v is ", v.shape, ", g is ", g.shape);
  BAUTA_CHECK(w.dtype == DType::Float32 && m.dtype == DType::Float32 && v.dtype == DType::Float32 &&
                  g.dtype == DType::Float32,
              "w is ", w.dtype, ", m is ", m.dtype, ", v is ", v.dtype, ", g is ", g.dtype);
  BAUTA_CHECK(clock != nullptr, "there is no clock");
  BAUTA_CHECK(clock->step >= 0, "the clock says that ", clock->step, " steps were done");

  // What does not depend on the element, in double: 1 - beta2 loses digits in float.
  const double beta1 = options.beta1, beta2 = options.beta2, steps = static_cast<double>(++clock->step);
  const auto rate = static_cast<float>(clock->learning_rate / (1 - std::pow(beta1, steps)));
  const auto scale = static_cast<float>(1 / std::sqrt(1 - std::pow(beta2, steps)));
  const float eps = options.eps;
  const float keep1 = options.beta1, take1 = static_cast<float>(1 - beta1);
  const float keep2 = options.beta2, take2 = static_cast<float>(1 - beta2);

  parallel_ranges(count_of(w.shape), ctx, [=](Index begin, Index end) {
    float* const w_ = w.floats();
    float* const m_ = m.floats();
    float* const v_ = v.floats();
    const float* const g_ = g.floats();
#pragma omp simd
    for (Index i = begin; i < end; ++i) {
      const float gradient = g_[i];
      const float mean = keep1 * m_[i] + take1 * gradient;
      const float square = keep2 * v_[i] + take2 * gradient * gradient;
      m_[i] = mean;
      v_[i] = square;
      w_[i] -= rate * mean / (std::sqrt(square) * scale + eps);
    }
    if (!w_rounded) return;
    for (Index i = begin; i < end; ++i) w_rounded[i] = from_float<bfloat16>(w_[i]);
  });
}

}  // namespace bauta::BAUTA_BACKEND
