// What the tables of the CPU's backends are made of: launchers that refuse what is not stored as float32.
#pragma once

#include "kernels/backend.h"
#include "kernels/check.h"

#define BAUTA_QUOTED(name) #name
#define BAUTA_NAME_OF(name) BAUTA_QUOTED(name)

namespace bauta::BAUTA_BACKEND {
namespace {

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
[[gnu::always_inline]] inline void require_float32(const char* name, const SeparableWeights& weights) {
  for (const ConstView& view : {weights.across, weights.across_bias, weights.each, weights.each_bias})
    require_float32(name, view);
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
}  // namespace bauta::BAUTA_BACKEND
