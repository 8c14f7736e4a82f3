#include "kernels/context.h"

#include <omp.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kernels/backend.h"
#include "kernels/check.h"

namespace bauta {

namespace {

std::shared_ptr<void> memory_of(const Backend& backend, std::size_t bytes,
                                std::shared_ptr<std::size_t> held) {
  void* const block = backend.allocate(bytes);
  *held += bytes;
  return {block, [&backend, bytes, held = std::move(held)](void* released) {
            backend.release(released);
            *held -= bytes;
          }};
}

// The instruction sets that CMake compiles the backends for: the x86-64 psABI's levels 4 and 3.
bool runs_here(const Backend& backend) {
  if (&backend == &cpu_avx512::backend) return __builtin_cpu_supports("x86-64-v4") != 0;
  if (&backend == &cpu_avx2::backend) return __builtin_cpu_supports("x86-64-v3") != 0;
  return true;
}

// Linux gives the tiles to processes that ask (its documentation, arch/x86/xstate).
bool has_tiles() {
  constexpr int kAskFor = 0x1023, kTileData = 18;  // ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA
  return __builtin_cpu_supports("amx-tile") && __builtin_cpu_supports("amx-int8") &&
         ::syscall(SYS_arch_prctl, kAskFor, kTileData) == 0 && cpu_avx512_amx::tiles_multiply();
}

}  // namespace

Context::Context(const Backend& backend, int threads, CUstream_st* stream)
    : backend_(&backend),
      threads_(threads > 0 ? threads : omp_get_num_procs()),
      stream_(stream),
      libraries_(backend.make_libraries ? backend.make_libraries() : nullptr) {}

Context::Context() : Context(*available_backends().front()) {}

Context::~Context() = default;

void* Context::Scratch::grown(const Context& ctx, std::size_t wanted, bool zero) {
  if (wanted > bytes) {
    const Backend& backend = ctx.backend();
    // First, lest the card need room for both.
    if (memory) backend.synchronize(ctx);
    memory.reset();
    bytes = 0;
    memory = memory_of(backend, wanted, held);
    if (zero) backend.fill_zero(memory.get(), wanted, ctx);
    bytes = wanted;
  }
  return memory.get();
}

std::shared_ptr<void> Context::counted_memory(std::size_t bytes) const {
  return memory_of(*backend_, bytes, counted_);
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

std::string bf16_problem() {
  std::string missing;
  const auto need = [&](bool there, const char* what) {
    if (!there) missing += (missing.empty() ? "" : ", ") + std::string(what);
  };
  need(__builtin_cpu_supports("x86-64-v4") != 0, "AVX-512");
  need(__builtin_cpu_supports("avx512bf16") != 0, "AVX512-BF16");
  need(__builtin_cpu_supports("avx512vnni") != 0, "AVX512-VNNI");
  return missing.empty() ? "" : "this CPU has no " + missing;
}

const Backend* bf16_backend() {
  static const Backend* const backend = !bf16_problem().empty() ? nullptr
                                        : has_tiles()           ? &cpu_avx512_amx::backend
                                                                : &cpu_avx512_bf16::backend;
  return backend;
}

const Backend& backend_by_name(const std::string& name) {
  std::string known;
  std::vector<const Backend*> backends = available_backends();
  if (const Backend* const bf16 = bf16_backend()) backends.push_back(bf16);
  for (const Backend* backend : backends) {
    if (backend->name == name) return *backend;
    known += std::string(known.empty() ? "" : ", ") + backend->name;
  }
  fail_check(__func__, "name is known", __FILE__, __LINE__, "no backend is called ", name,
             " here; there are ", known);
}

}  // namespace bauta
