#include "bench/peaks.h"

#include <omp.h>

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

// copy_within() of a CPU is one thread's.
void copy_on_threads(char* to, const char* from, std::size_t bytes, int threads) {
  const std::size_t part = bytes / static_cast<std::size_t>(threads);
#pragma omp parallel for num_threads(threads)
  for (int i = 0; i < threads; ++i) {
    const std::size_t begin = part * static_cast<std::size_t>(i);
    std::memcpy(to + begin, from + begin, i + 1 == threads ? bytes - begin : part);
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
  const auto copy = [&] {
    if (backend.graphs)
      backend.copy_within(to.get(), from.get(), bytes, ctx);
    else
      copy_on_threads(static_cast<char*>(to.get()), static_cast<const char*>(from.get()), bytes,
                      ctx.threads());
  };
  return 2.0 * static_cast<double>(bytes) / Stopwatch(ctx, caches).time(copy, {.least = 7}).seconds;
}

std::string compiler_flags(const Backend& backend) {
  return backend.graphs ? "" : instruction_set(backend.name).flags;
}

}  // namespace bauta
