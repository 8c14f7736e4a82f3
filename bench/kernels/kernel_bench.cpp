// Times every kernel at the shapes of the networks: after a warm-up, the median of runs before each of which
// the second-level cache was flushed. GB/s counts the fewest bytes that the kernel must move (its floor), and
// share holds that against a copy measured in the same run: 1 is as good as copying.
//
//   kernel_bench [FILTER] [--backend NAME] [--threads N] [--csv FILE]
//
// Without a card, and no other backend asked for, it says SKIP and that is all. Exit code 1: something is not
// done, and a line on standard error says what; 2: the command line is wrong.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <memory>
#include <sstream>

#include "bench/kernels/cases.h"
#include "kernels/cuda.h"

namespace {

using namespace bauta;

constexpr int kRuns = 25;
constexpr std::size_t kCopyBytes = std::size_t{256} << 20;

class Stopwatch {
 public:
  // flush: bytes that push everything else out of the cache.
  Stopwatch(const Context& ctx, bool on_card, std::size_t flush)
      : ctx_(ctx),
        on_card_(on_card),
        bytes_(flush),
        flush_(ctx.backend().allocate(flush), ctx.backend().release) {}

  double median_seconds(const std::function<void()>& run) const {
    std::vector<double> times;
    for (int i = -3; i < kRuns; ++i) {
      ctx_.backend().fill_zero(flush_.get(), bytes_, ctx_);
      const double seconds = on_card_ ? cuda_seconds(ctx_, run) : wall_seconds(run);
      if (i >= 0) times.push_back(seconds);
    }
    std::nth_element(times.begin(), times.begin() + kRuns / 2, times.end());
    return times[kRuns / 2];
  }

 private:
  static double wall_seconds(const std::function<void()>& run) {
    const auto start = std::chrono::steady_clock::now();
    run();
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  }

  const Context& ctx_;
  bool on_card_;
  std::size_t bytes_;
  std::shared_ptr<void> flush_;
};

// Bytes read and written in a second by a large copy within the backend's memory.
double copy_bandwidth(const Context& ctx, const Stopwatch& stopwatch) {
  const auto memory = [&] {
    return std::shared_ptr<void>(ctx.backend().allocate(kCopyBytes), ctx.backend().release);
  };
  const auto from = memory(), to = memory();
  ctx.backend().fill_zero(from.get(), kCopyBytes, ctx);
  return 2.0 * static_cast<double>(kCopyBytes) /
         stopwatch.median_seconds([&] { ctx.backend().copy_within(to.get(), from.get(), kCopyBytes, ctx); });
}

// The first word made of digits and points, as 580.65.06; "-" where there is none.
std::string version_in(const std::string& text) {
  std::istringstream words(text);
  for (std::string word; words >> word;)
    if (word.find('.') != std::string::npos && word.find_first_not_of("0123456789.") == std::string::npos)
      return word;
  return "-";
}

// The driver's own version. CUDA does not know it, only which CUDA the driver takes.
std::string driver_version() {
  std::ifstream module("/proc/driver/nvidia/version");
  if (std::string line; std::getline(module, line)) return version_in(line);
  const std::unique_ptr<FILE, int (*)(FILE*)> answer(
      popen("nvidia-smi --query-gpu=driver_version --format=csv,noheader 2>/dev/null", "r"), pclose);
  char line[64] = "";
  return answer && std::fgets(line, sizeof line, answer.get()) ? version_in(line) : "-";
}

struct Machine {
  std::string name, driver = "-", driver_cuda = "-", cuda = "-", cudnn = "-";
  std::size_t cache = std::size_t{64} << 20;
};

Machine machine(const Context& ctx, bool on_card) {
  if (!on_card)
    return {.name = std::string(ctx.backend().name) + ' ' + std::to_string(ctx.threads()) + " threads"};
  const CudaDevice device = cuda_device();
  return {.name = device.name,
          .driver = driver_version(),
          .driver_cuda = device.driver,
          .cuda = cuda_version(),
          .cudnn = cudnn_version(),
          .cache = device.cache};
}

// As a CSV file's field.
std::string quoted(const std::string& text) {
  std::string result = "\"";
  for (char c : text) result += c == '"' ? "\"\"" : std::string(1, c);
  return result + '"';
}

int time_kernels(const std::string& filter, const std::string& backend, int threads, const std::string& csv) {
  const bool on_card = backend == "cuda";
  std::vector<bench::Case> cases = bench::cases_with(filter);
  if (!on_card) std::erase_if(cases, [](const bench::Case& item) { return item.dtype != DType::Float32; });
  if (cases.empty()) throw std::invalid_argument("a CPU has float32 alone, and '" + filter + "' has none");
  if (on_card && !cuda_problem().empty()) {
    std::printf("SKIP: no CUDA device: %s\n", cuda_problem().c_str());
    return 0;
  }
  std::ofstream table;
  if (!csv.empty()) {
    table.open(csv);
    if (!table) throw std::runtime_error(csv + ": cannot be written");
    table << "kernel,what,storage,microseconds,GB/s,share of copy,GFLOP/s,machine,driver,driver's "
             "CUDA,CUDA,cuDNN\n";
  }
  const Context ctx(on_card ? cuda_backend() : backend_by_name(backend), threads);
  const Machine on = machine(ctx, on_card);
  const Stopwatch stopwatch(ctx, on_card, 2 * on.cache);
  const double copy = copy_bandwidth(ctx, stopwatch);

  std::printf(
      "%s, driver %s (CUDA %s), CUDA %s, cuDNN %s; copy %.0f GB/s\n%-26s %-30s %-9s %10s %8s %6s %9s\n",
      on.name.c_str(), on.driver.c_str(), on.driver_cuda.c_str(), on.cuda.c_str(), on.cudnn.c_str(),
      copy / 1e9, "kernel", "what", "storage", "us", "GB/s", "share", "GFLOP/s");
  for (const bench::Case& item : cases) {
    const double seconds = stopwatch.median_seconds(item.prepare(ctx));
    const double rate = item.bytes / seconds;
    std::printf("%-26s %-30s %-9s %10.2f %8.1f %6.2f %9.1f\n", item.kernel.c_str(), item.what.c_str(),
                item.storage().c_str(), seconds * 1e6, rate / 1e9, rate / copy,
                item.operations / seconds / 1e9);
    if (table.is_open())
      table << item.kernel << ',' << quoted(item.what) << ',' << item.storage() << ',' << seconds * 1e6 << ','
            << rate / 1e9 << ',' << rate / copy << ',' << item.operations / seconds / 1e9 << ','
            << quoted(on.name) << ',' << on.driver << ',' << on.driver_cuda << ',' << on.cuda << ','
            << on.cudnn << '\n';
  }
  if (table.is_open() && !table.flush()) throw std::runtime_error(csv + ": cannot be written");
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Times every kernel at the shapes of the networks.");
  std::string filter, backend = "cuda", csv;
  int threads = 0;
  app.add_option("FILTER", filter, "part of a kernel, its shape and storage, a space between them");
  app.add_option("--backend", backend, "cuda, or a CPU's: cpu_avx512, cpu_avx2, cpu_baseline");
  app.add_option("--threads", threads, "on a CPU; 0 takes all")->check(CLI::NonNegativeNumber);
  app.add_option("--csv", csv, "also write a table there");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  try {
    return time_kernels(filter, backend, threads, csv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "kernel_bench: %s\n", error.what());
    return 1;
  }
}
