#include "kernels/context.h"

#include <omp.h>

#include "kernels/backend.h"
#include "kernels/check.h"

namespace bauta {

namespace {

// The instruction sets that CMake compiles the backends for: the x86-64 psABI's levels 4 and 3.
bool runs_here(const Backend& backend) {
  if (&backend == &cpu_avx512::backend) return __builtin_cpu_supports("x86-64-v4") != 0;
  if (&backend == &cpu_avx2::backend) return __builtin_cpu_supports("x86-64-v3") != 0;
  return true;
}

}  // namespace

Context::Context(const Backend& backend, int threads, CUstream_st* stream)
    : backend_(&backend),
      threads_(threads > 0 ? threads : omp_get_num_procs()),
      stream_(stream),
      libraries_(backend.make_libraries ? backend.make_libraries() : nullptr) {}

Context::Context() : Context(*available_backends().front()) {}

Context::~Context() {
  for (const Scratch* scratch : {&workspace_, &counters_})
    for (void* memory : scratch->memory) backend_->release(memory);
}

void* Context::Scratch::grown(const Context& ctx, std::size_t wanted, bool zero) {
  if (wanted > bytes) {
    memory.reserve(memory.size() + 1);  // so that nothing fails once there is something to keep
    memory.push_back(ctx.backend().allocate(wanted));
    if (zero) ctx.backend().fill_zero(memory.back(), wanted, ctx);
    bytes = wanted;
    held += wanted;
  }
  return memory.empty() ? nullptr : memory.back();
}

const std::vector<const Backend*>& available_backends() {
  static const std::vector<const Backend*> backends = [] {
    std::vector<const Backend*> found;
    for (const Backend* backend : {&cpu_avx512::backend, &cpu_avx2::backend, &cpu_baseline::backend})
      if (runs_here(*backend)) found.push_back(backend);
    return found;
  }();
  return backends;
}

const Backend& backend_by_name(const std::string& name) {
  std::string known;
  for (const Backend* backend : available_backends()) {
    if (backend->name == name) return *backend;
    known += std::string(known.empty() ? "" : ", ") + backend->name;
  }
  fail_check(__func__, "name is known", __FILE__, __LINE__, "no backend is called ", name,
             " here; there are ", known);
}

}  // namespace bauta
