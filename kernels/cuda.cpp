#include "kernels/cuda.h"

#include <cuda_runtime.h>

#include "kernels/backend.h"
#include "kernels/card_libraries.h"
#include "kernels/check.h"

namespace bauta {

namespace cuda {
extern const Backend backend;
}

namespace {

void check(const char* operation, cudaError_t error) {
  if (error != cudaSuccess)
    fail_check(operation, "CUDA does as asked", __FILE__, __LINE__, cudaGetErrorString(error));
}

void require_card(const char* operation) {
  if (const std::string problem = cuda_problem(); !problem.empty())
    fail_check(operation, "there is a card", __FILE__, __LINE__, problem);
}

std::string version_name(int version) {
  return std::to_string(version / 1000) + '.' + std::to_string(version % 1000 / 10);
}

// Ends with its scope.
class Event {
 public:
  Event() { check("cudaEventCreate", cudaEventCreate(&event_)); }
  ~Event() { static_cast<void>(cudaEventDestroy(event_)); }
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;
  void record(const Context& ctx) { check("cudaEventRecord", cudaEventRecord(event_, ctx.stream())); }
  double seconds_since(const Event& start) const {
    check("cudaEventSynchronize", cudaEventSynchronize(event_));
    float milliseconds = 0;
    check("cudaEventElapsedTime", cudaEventElapsedTime(&milliseconds, start.event_, event_));
    return static_cast<double>(milliseconds) / 1e3;
  }

 private:
  cudaEvent_t event_ = nullptr;
};

std::string card_problem() {
  int count = 0;
  switch (const cudaError_t error = cudaGetDeviceCount(&count); error) {
    case cudaSuccess:
      return count > 0 ? "" : "no NVIDIA card is in this machine, or none is visible (CUDA_VISIBLE_DEVICES)";
    case cudaErrorNoDevice:
      return "no NVIDIA card is in this machine, or none is visible (CUDA_VISIBLE_DEVICES)";
    case cudaErrorInsufficientDriver: {
      int driver = 0;
      static_cast<void>(cudaDriverGetVersion(&driver));
      if (driver == 0)
        return "no NVIDIA driver is installed; install one for CUDA " + cuda_version() + " or later";
      return "the NVIDIA driver knows CUDA " + version_name(driver) + ", bauta was built for " +
             cuda_version() + "; update the driver";
    }
    default:
      return std::string("CUDA does not start: ") + cudaGetErrorString(error);
  }
}

}  // namespace

std::string cuda_problem() {
  const std::string card = card_problem(), libraries = card_libraries_problem();
  return card + (card.empty() || libraries.empty() ? "" : "; and ") + libraries;
}

std::string cuda_version() { return version_name(CUDART_VERSION); }

const Backend& cuda_backend() {
  require_card(__func__);
  static const Backend backend = [] {
    Backend with_libraries = cuda::backend;
    with_libraries.make_libraries = card_libraries_maker();
    return with_libraries;
  }();
  return backend;
}

CudaDevice cuda_device() {
  require_card(__func__);
  int device = 0, driver = 0;
  cudaDeviceProp properties{};
  CudaDevice result;
  check(__func__, cudaGetDevice(&device));
  check(__func__, cudaGetDeviceProperties(&properties, device));
  check(__func__, cudaDriverGetVersion(&driver));
  result.name = properties.name;
  result.driver = version_name(driver);
  result.major = properties.major;
  result.minor = properties.minor;
  result.multiprocessors = properties.multiProcessorCount;
  result.memory = properties.totalGlobalMem;
  result.cache = static_cast<std::size_t>(properties.l2CacheSize);
  return result;
}

double cuda_seconds(const Context& ctx, const std::function<void()>& f) {
  Event start, end;
  start.record(ctx);
  f();
  end.record(ctx);
  return end.seconds_since(start);
}

}  // namespace bauta
