#include "kernels/cudnn_functions.h"

#include "kernels/check.h"
#include "kernels/loaded_library.h"

namespace bauta::cudnn {

namespace {

constexpr std::size_t kLeastVersion = 90800;  // cudnn.cmake asks for it too

struct Loaded {
  Functions functions;
  std::string problem;
};

std::string what_to_do() {
  return "; install cuDNN " + std::to_string(CUDNN_MAJOR) +
         ", name its folder in LD_LIBRARY_PATH, or build bauta with -DBAUTA_CUDNN=OFF";
}

Loaded load() {
  // Where it was at build; elsewhere the loader may know it, by the name that this version's interface has.
  LoadedLibrary library({BAUTA_CUDNN_FILE, BAUTA_CUDNN_NAME});
  Loaded loaded;
  bool all = true;
#define BAUTA_CUDNN(name) all = all && library.find("cudnn" #name, loaded.functions.name);
#include "kernels/cudnn_functions.inc"
#undef BAUTA_CUDNN
  if (!all)
    loaded.problem = "cuDNN cannot be loaded (" + library.problem() + ")" + what_to_do();
  else if (const std::size_t version = loaded.functions.GetVersion(); version < kLeastVersion)
    loaded.problem = "cuDNN here is version " + std::to_string(version) + ", older than " +
                     std::to_string(kLeastVersion) + what_to_do();
  return loaded;
}

const Loaded& loaded() {
  static const Loaded once = load();
  return once;
}

}  // namespace

const Functions& functions() {
  BAUTA_CHECK(loaded().problem.empty(), loaded().problem);
  return loaded().functions;
}

std::string functions_problem() { return loaded().problem; }

}  // namespace bauta::cudnn
