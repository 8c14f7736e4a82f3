#include "apps/capi/bauta.h"
#include "cyclegan/version.h"

uint32_t bauta_api_version() noexcept { return BAUTA_API_VERSION; }

const char* bauta_version() noexcept { return bauta::kVersion; }

const char* bauta_status_name(bauta_status status) noexcept {
  switch (status) {
    case BAUTA_OK:
      return "BAUTA_OK";
    case BAUTA_INVALID_ARGUMENT:
      return "BAUTA_INVALID_ARGUMENT";
    case BAUTA_FILE:
      return "BAUTA_FILE";
    case BAUTA_NO_FACE:
      return "BAUTA_NO_FACE";
    case BAUTA_CANNOT_OPEN:
      return "BAUTA_CANNOT_OPEN";
    case BAUTA_NOT_RESTORABLE:
      return "BAUTA_NOT_RESTORABLE";
    case BAUTA_CANCELLED:
      return "BAUTA_CANCELLED";
    case BAUTA_NO_MEMORY:
      return "BAUTA_NO_MEMORY";
    case BAUTA_NO_DEVICE:
      return "BAUTA_NO_DEVICE";
    case BAUTA_BUFFER_TOO_SMALL:
      return "BAUTA_BUFFER_TOO_SMALL";
    case BAUTA_FAILED:
      return "BAUTA_FAILED";
    case BAUTA_NOT_HIDDEN:
      return "BAUTA_NOT_HIDDEN";
  }
  return "a status that this library does not know";
}
