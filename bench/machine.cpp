#include "bench/machine.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <memory>
#include <sstream>

#include "kernels/backend.h"
#include "kernels/cuda.h"

namespace bauta {

namespace {

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

std::string processor_name() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);)
    if (line.starts_with("model name"))
      if (const auto colon = line.find(": "); colon != std::string::npos) return line.substr(colon + 2);
  return "unknown processor";
}

// Of the last level. A virtual machine may not tell, or name a cache that it shares with many.
std::size_t processor_cache() {
  constexpr long kLeast = 8l << 20, kMost = 128l << 20;
  return static_cast<std::size_t>(std::clamp(sysconf(_SC_LEVEL3_CACHE_SIZE), kLeast, kMost));
}

}  // namespace

Machine machine_of(const Context& ctx) {
  if (!ctx.backend().graphs) return {.name = processor_name(), .caches = processor_cache()};
  const CudaDevice card = cuda_device();
  return {.name = card.name, .driver = driver_version(), .caches = card.cache};
}

}  // namespace bauta
