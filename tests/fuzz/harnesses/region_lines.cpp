// What a keyed video says of itself, and tables of boxes by frame.
#include "cyclegan/video/region_lines.h"

#include <fcntl.h>

#include "cyclegan/video/frame_boxes.h"
#include "tests/fuzz/harness.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace bauta;
  const fuzz::InputAsFile file(data, size);
  const Descriptor opened(::open(file.path().c_str(), O_RDONLY | O_CLOEXEC));
  fuzz::accepts([&] {
    const RegionLines lines(opened.number(), "input");
    const ImageSize picture = lines.picture();
    fuzz::require(lines.frames() <= static_cast<std::int64_t>(size), "a line takes a byte");
    std::int64_t regions = 0;
    for (std::int64_t frame = 0; frame < lines.frames(); ++frame)
      for (const KeyedRegion& region : lines.regions_of(frame)) {
        ++regions;
        fuzz::require(intersection(region.box, {0, 0, picture.width, picture.height}) == region.box,
                      "regions lie in the picture");
        fuzz::require(region.box.area() > 0 && region.block > 0, "regions have an area");
      }
    fuzz::require(regions == lines.regions(), "all regions are counted");
    const auto found = lines.find(5, 1);
    fuzz::require(!found || (*found >= 0 && *found < lines.frames()), "what is found is there");
  });
  fuzz::accepts([&] {
    const FrameBoxes boxes(file.path());
    for (const std::int64_t frame : {0, 3, 9})
      for (const Box& box : boxes.of(frame))
        fuzz::require(box.width > 0 && box.height > 0, "boxes have an area");
  });
  return 0;
}
