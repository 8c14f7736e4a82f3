// Tables about photographs: boxes, and whatever columns.
#include "cyclegan/anonymizer/box_table.h"
#include "tests/fuzz/harness.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace bauta;
  const fuzz::InputAsFile file(data, size);
  fuzz::accepts([&] {
    const BoxTable table(file.path());
    for (const char* photo : {"a.jpg", "photos/a.jpg", "/somewhere/photos/b.png"}) {
      const BoxTable::Found found = table.find(photo);
      fuzz::require(found.boxes.empty() != found.why_none.empty(), "boxes, or why there is none");
      for (const Box& box : found.boxes) fuzz::require(box.width > 0 && box.height > 0, "boxes have an area");
    }
  });
  fuzz::accepts([&] {
    const PhotoTable people(file.path(), {"person", "bx"});
    for (const auto& entry : people.entries()) people.find(entry.path, "--people");
  });
  return 0;
}
