#include "bench/peaks.h"

#include <omp.h>
#include <xmmintrin.h>

#include <algorithm>
#include <cstring>
#include <ctime>
#include <memory>
#include <string_view>

#include "bench/arithmetic.h"
#include "bench/stopwatch.h"
#include "kernels/backend.h"
#include "kernels/check.h"

namespace bauta {

namespace cpu_baseline {
extern const InstructionSet arithmetic;
}
namespace cpu_avx2 {
extern const InstructionSet arithmetic;
}
namespace cpu_avx512 {
extern const InstructionSet arithmetic;
}

const InstructionSet& instruction_set(const char* backend) {
  for (const InstructionSet* set :
       {&cpu_baseline::arithmetic, &cpu_avx2::arithmetic, &cpu_avx512::arithmetic})
    if (std::string_view(backend).starts_with(set->backend)) return *set;
  fail_check(__func__, "a backend is known", __FILE__, __LINE__, "no CPU backend is called ", backend);
}

namespace {

constexpr int kTries = 20;
constexpr double kTrySeconds = 2e-3;

// Of the calling thread: what others had of its core does not count.
double thread_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

double seconds_of(const ArithmeticLoop& loop, std::int64_t rounds) {
  const double start = thread_seconds();
  volatile float kept = loop.run(rounds);
  static_cast<void>(kept);
  return thread_seconds() - start;
}

// Operations a second of one thread: the best of several tries, for a peak is what nothing disturbed.
double rate_of(const ArithmeticLoop& loop) {
  std::int64_t rounds = 1000;
  while (seconds_of(loop, rounds) < kTrySeconds) rounds *= 2;
  double best = seconds_of(loop, rounds);
  for (int i = 0; i < kTries; ++i) best = std::min(best, seconds_of(loop, rounds));
  return loop.operations * static_cast<double>(rounds) / best;
}

// All at the same time: cores that work together may be slower than one alone.
double peak_of(const ArithmeticLoop& loop, int threads) {
  if (!loop.run) return 0;
  double sum = 0;
#pragma omp parallel num_threads(std::min(threads, omp_get_num_procs())) reduction(+ : sum)
  sum += rate_of(loop);
  return sum;
}

// Past the caches: what is written there must not be read first. Whole vectors of 16 bytes.
void stream(char* to, const char* from, std::size_t bytes) {
  for (std::size_t i = 0; i < bytes; i += sizeof(__m128))
    _mm_stream_ps(reinterpret_cast<float*>(to + i), _mm_load_ps(reinterpret_cast<const float*>(from + i)));
  _mm_sfence();
}

// copy_within() of a CPU is one thread's. bytes: whole pages for each thread.
template <class Copy>
void copy_on_threads(char* to, const char* from, std::size_t bytes, int threads, const Copy& copy) {
  constexpr std::size_t kPage = 4096;
  const std::size_t pages = bytes / kPage, count = static_cast<std::size_t>(threads);
#pragma omp parallel for num_threads(threads)
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t begin = pages * i / count * kPage, end = pages * (i + 1) / count * kPage;
    copy(to + begin, from + begin, end - begin);
  }
}

}  // namespace

Peaks measure_arithmetic(const Context& ctx) {
  if (ctx.backend().graphs) return {};
  const InstructionSet& set = instruction_set(ctx.backend().name);
  return {.float32 = peak_of(set.float32, ctx.threads()), .bfloat16 = peak_of(set.bfloat16(), ctx.threads())};
}

double measure_copy(const Context& ctx, std::size_t caches) {
  const Backend& backend = ctx.backend();
  const std::size_t bytes = std::max(2 * caches, std::size_t{64} << 20);
  const auto memory = [&] { return std::shared_ptr<void>(backend.allocate(bytes), backend.release); };
  const auto from = memory(), to = memory();
  backend.fill_zero(from.get(), bytes, ctx);
  const Stopwatch stopwatch(ctx, caches);
  const auto rate_of = [&](const std::function<void()>& copy, const Effort& effort) {
    return 2.0 * static_cast<double>(bytes) / stopwatch.time(copy, effort).seconds;
  };
  if (backend.graphs)
    return rate_of([&] { backend.copy_within(to.get(), from.get(), bytes, ctx); }, {.least = 7});
  // The best of several tries, for a peak is what nothing disturbed.
  double best = 0;
  const auto attempt = [&](const auto& copy) {
    const auto run = [&] {
      copy_on_threads(static_cast<char*>(to.get()), static_cast<const char*>(from.get()), bytes,
                      ctx.threads(), copy);
    };
    for (int i = 0; i < kTries; ++i)
      best = std::max(best, rate_of(run, {.least = 1, .most = 1, .warm_ups = i == 0 ? 1 : 0}));
  };
  attempt([](char* there, const char* here, std::size_t size) { std::memcpy(there, here, size); });
  attempt(stream);
  return best;
}

std::string compiler_flags(const Backend& backend) {
  return backend.graphs ? "" : instruction_set(backend.name).flags;
}

}  // namespace bauta
