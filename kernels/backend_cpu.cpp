#include "kernels/backend.h"

#define BAUTA_QUOTED(name) #name
#define BAUTA_NAME_OF(name) BAUTA_QUOTED(name)

namespace bauta::BAUTA_BACKEND {

const Backend backend = {
    .name = BAUTA_NAME_OF(BAUTA_BACKEND),
#define BAUTA_LAUNCHER(function) .function = function,
#include "kernels/launchers.inc"
};

}  // namespace bauta::BAUTA_BACKEND
