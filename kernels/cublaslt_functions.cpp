#include "kernels/cublaslt_functions.h"

#include <dlfcn.h>

#include <optional>

namespace bauta::cublaslt {

namespace {

template <class Function>
bool find(void* library, const char* name, Function& function) {
  function = reinterpret_cast<Function>(dlsym(library, name));
  return function != nullptr;
}

// The library stays loaded: its functions are called until the program ends.
std::optional<Functions> load() {
  void* library = dlopen(BAUTA_CUBLASLT_LIBRARY, RTLD_NOW | RTLD_LOCAL);  // where it was at build
  // Elsewhere the loader may know it, by the name that this version's interface has.
  if (!library) library = dlopen(BAUTA_CUBLASLT_NAME, RTLD_NOW | RTLD_LOCAL);
  if (!library) return std::nullopt;
  Functions loaded;
  bool all = true;
#define BAUTA_CUBLASLT(name) all = find(library, "cublasLt" #name, loaded.name) && all;
#include "kernels/cublaslt_functions.inc"
#undef BAUTA_CUBLASLT
  return all ? std::optional(loaded) : std::nullopt;
}

}  // namespace

const Functions* functions() {
  static const std::optional<Functions> loaded = load();
  return loaded ? &*loaded : nullptr;
}

}  // namespace bauta::cublaslt
