// The table of one instruction set.
#include "kernels/backend.h"
#include "kernels/check.h"

#define BAUTA_QUOTED(name) #name
#define BAUTA_NAME_OF(name) BAUTA_QUOTED(name)

namespace bauta::BAUTA_BACKEND {

namespace {

// The names that refusals begin with.
#define BAUTA_LAUNCHER(function) constexpr char name_of_##function[] = #function;
#include "kernels/launchers.inc"
#undef BAUTA_LAUNCHER

[[gnu::always_inline]] inline void require_float32(const char* name, const ConstView& view) {
  if (view.dtype != DType::Float32)
    fail_check(name, "dtype == Float32", __FILE__, __LINE__, "a ", view.dtype, " view of ", view.shape,
               "; the CPU's kernels take float32");
}
template <class Argument>
[[gnu::always_inline]] inline void require_float32(const char*, const Argument&) {}
[[gnu::always_inline]] inline void require_float32(const char* name, const View& view) {
  require_float32(name, ConstView(view));
}
[[gnu::always_inline]] inline void require_float32(const char* name, const Weights& weights) {
  require_float32(name, weights.view);
}

// A launcher that looks at the storage of all its views before it runs.
template <auto launcher, const char* name>
struct Float32Only;
template <class... Arguments, void (*launcher)(Arguments...), const char* name>
struct Float32Only<launcher, name> {
  static void call(Arguments... arguments) {
    (require_float32(name, arguments), ...);
    launcher(arguments...);
  }
};
}  // namespace

const Backend backend = {
    .name = BAUTA_NAME_OF(BAUTA_BACKEND),
#define BAUTA_LAUNCHER(function) .function = Float32Only<&function, name_of_##function>::call,
#include "kernels/launchers.inc"
#undef BAUTA_LAUNCHER
#define BAUTA_SERVICE(function) .function = function,
#include "kernels/services.inc"
#undef BAUTA_SERVICE
    .graphs = false,
};

}  // namespace bauta::BAUTA_BACKEND
