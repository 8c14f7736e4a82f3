#include "bench/stopwatch.h"

#include <algorithm>
#include <chrono>
#include <vector>

#include "kernels/backend.h"
#include "kernels/cuda.h"

namespace bauta {

Stopwatch::Stopwatch(const Context& ctx, std::size_t flush) : ctx_(ctx), bytes_(flush) {
  if (flush == 0) return;
  flushed_ = {ctx.backend().allocate(flush), ctx.backend().release};
  ctx.backend().fill_zero(flushed_.get(), flush, ctx);
}

// Filling with zeros may pass a CPU's caches by; changing what is there does not.
void Stopwatch::flush() const {
  if (!flushed_) return;
  if (ctx_.backend().graphs) return ctx_.backend().fill_zero(flushed_.get(), bytes_, ctx_);
  constexpr std::size_t kLine = 64;
  auto* const bytes = static_cast<unsigned char*>(flushed_.get());
#pragma omp parallel for schedule(static) num_threads(ctx_.threads())
  for (std::size_t i = 0; i < bytes_; i += kLine) ++bytes[i];
}

double Stopwatch::once(const std::function<void()>& run) const {
  const Backend& backend = ctx_.backend();
  flush();
  if (flushed_ && backend.graphs) return cuda_seconds(ctx_, run);
  const auto start = std::chrono::steady_clock::now();
  run();
  backend.synchronize(ctx_);
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

Timing Stopwatch::time(const std::function<void()>& run, const Effort& effort) const {
  double spent = 0;
  const auto stopped = [&effort] { return effort.stop && effort.stop(); };
  for (int i = 0; i < effort.warm_ups && (i == 0 || spent < effort.seconds) && !stopped(); ++i)
    spent += once(run);
  std::vector<double> times;
  for (spent = 0; static_cast<int>(times.size()) < effort.most &&
                  (static_cast<int>(times.size()) < effort.least || spent < effort.seconds) &&
                  (times.empty() || !stopped());) {
    times.push_back(once(run));
    spent += times.back();
  }
  const auto middle = times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2);
  std::nth_element(times.begin(), middle, times.end());
  return {*middle, static_cast<int>(times.size())};
}

}  // namespace bauta
