#include "kernels/cublaslt_functions.h"

#include <optional>

#include "kernels/loaded_library.h"

namespace bauta::cublaslt {

namespace {

std::optional<Functions> load() {
  // Where it was at build; elsewhere the loader may know it, by the name that this version's interface has.
  LoadedLibrary library({BAUTA_CUBLASLT_LIBRARY, BAUTA_CUBLASLT_NAME});
  Functions loaded;
  bool all = true;
#define BAUTA_CUBLASLT(name) all = all && library.find("cublasLt" #name, loaded.name);
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
