// The orientation in an EXIF block.
#include "io/exif.h"

#include "tests/fuzz/harness.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const int orientation = bauta::exif_orientation({data, size});
  bauta::fuzz::require(orientation >= 1 && orientation <= 8, "an orientation is 1 to 8");
  return 0;
}
