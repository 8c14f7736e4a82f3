// What a de-identified picture says of itself.
#include "cyclegan/anonymizer/record.h"

#include "tests/fuzz/harness.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace bauta;
  fuzz::accepts([&] {
    const AnonymizationRecord record = parse_record("input", std::string(fuzz::text_of(data, size)));
    const Box picture{0, 0, record.picture.width, record.picture.height};
    for (const Region& region : record.regions) {
      fuzz::require(intersection(region.face, picture) == region.face && region.face.area() > 0,
                    "faces lie in the picture");
      fuzz::require(region.k >= 1 && region.block >= 1, "sides are positive");
    }
    for (const KeyedRegion& region : record.keyed_regions)
      fuzz::require(intersection(region.box, picture) == region.box && region.box.area() > 0,
                    "regions lie in the picture");
    fuzz::require(parse_record("input", to_json(record)) == record, "a record comes back as it was");
  });
  return 0;
}
