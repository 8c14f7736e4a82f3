#include "bench/stopwatch.h"

#include <algorithm>
#include <chrono>
#include <vector>

#include "kernels/backend.h"
#include "kernels/cuda.h"

namespace bauta {

Stopwatch::Stopwatch(const Context& ctx, std::size_t flush) : ctx_(ctx), bytes_(flush) {
  if (flush > 0) flush_ = {ctx.backend().allocate(flush), ctx.backend().release};
}

double Stopwatch::once(const std::function<void()>& run) const {
  const Backend& backend = ctx_.backend();
  if (flush_) backend.fill_zero(flush_.get(), bytes_, ctx_);
  if (flush_ && backend.graphs) return cuda_seconds(ctx_, run);
  const auto start = std::chrono::steady_clock::now();
  run();
  backend.synchronize(ctx_);
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

Timing Stopwatch::time(const std::function<void()>& run, const Effort& effort) const {
  double spent = 0;
  for (int i = 0; i < effort.warm_ups && (i == 0 || spent < effort.seconds); ++i) spent += once(run);
  std::vector<double> times;
  for (spent = 0; static_cast<int>(times.size()) < effort.most &&
                  (static_cast<int>(times.size()) < effort.least || spent < effort.seconds);) {
    times.push_back(once(run));
    spent += times.back();
  }
  const auto middle = times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2);
  std::nth_element(times.begin(), middle, times.end());
  return {*middle, static_cast<int>(times.size())};
}

}  // namespace bauta
