// Results of bauta.h.
#include "apps/capi/guard.h"
#include "apps/capi/handles.h"

using bauta::capi::require;

size_t bauta_result_count(const bauta_result* result) noexcept { return result ? result->regions.size() : 0; }

bauta_status bauta_result_region(const bauta_result* result, size_t index, bauta_region* region) noexcept {
  return bauta::capi::guarded(__func__, [&] {
    require(result != nullptr, "there is no result");
    require(index < result->regions.size(), "there is no such region; see bauta_result_count");
    require(region != nullptr, "there is no place for the region");
    const size_t size = region->struct_size;
    require(size >= sizeof size, "struct_size is not set; begin the structure with BAUTA_REGION_INIT");
    // What this library does not know stays as the caller set it.
    std::memcpy(region, &result->regions[index], std::min(size, sizeof *region));
    region->struct_size = size;
  });
}

int32_t bauta_result_mode(const bauta_result* result) noexcept { return result ? result->mode : 0; }
const char* bauta_result_record(const bauta_result* result) noexcept {
  return result ? result->record.c_str() : "";
}
void bauta_result_free(bauta_result* result) noexcept { delete result; }
