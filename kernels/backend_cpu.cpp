// The table of one instruction set.
#include "kernels/float32_only.h"

namespace bauta::BAUTA_BACKEND {

namespace {

// The names that refusals begin with.
#define BAUTA_LAUNCHER(function) constexpr char name_of_##function[] = #function;
#include "kernels/launchers.inc"
#undef BAUTA_LAUNCHER
constexpr char name_of_separable_fprop[] = "separable_fprop";
}  // namespace

const Backend backend = {
    .name = BAUTA_NAME_OF(BAUTA_BACKEND),
#define BAUTA_LAUNCHER(function) .function = Float32Only<&function, name_of_##function>::call,
#include "kernels/launchers.inc"
#undef BAUTA_LAUNCHER
#define BAUTA_SERVICE(function) .function = function,
#include "kernels/services.inc"
#undef BAUTA_SERVICE
    .separable_fprop = Float32Only<&separable_fprop, name_of_separable_fprop>::call,
    .graphs = false,
};

}  // namespace bauta::BAUTA_BACKEND
