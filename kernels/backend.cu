// The table of the card's kernels (and, compiled for the emulator, of the same kernels on the CPU).
#include "kernels/backend.h"

#define BAUTA_QUOTED(name) #name
#define BAUTA_NAME_OF(name) BAUTA_QUOTED(name)

namespace bauta::BAUTA_BACKEND {

extern const Backend backend = {
    .name = BAUTA_NAME_OF(BAUTA_BACKEND),
#define BAUTA_LAUNCHER(function) .function = function,
#include "kernels/launchers.inc"
#undef BAUTA_LAUNCHER
#define BAUTA_SERVICE(function) .function = function,
#include "kernels/services.inc"
#undef BAUTA_SERVICE
    .graphs = true,
};

}  // namespace bauta::BAUTA_BACKEND
