// Videos as they come through pipes: from others in YUV4MPEG2.
#include "io/video/y4m.h"

#include "tests/fuzz/harness.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace bauta;
  constexpr std::int64_t kMostPixels = 1 << 18;  // a frame of more takes its time, and nothing else
  const fuzz::InputAsFile file(data, size);
  fuzz::accepts([&] {
    Y4mReader reader(file.from_start(), "input");
    const VideoFormat& format = reader.format();
    fuzz::require(format.width > 0 && format.height > 0, "sides are positive");
    if (std::int64_t{format.width} * format.height > kMostPixels) return;
    const std::size_t expected = planes_of(format.layout, format.width, format.height).bytes;
    std::size_t bytes = 0;
    for (VideoFrame frame; reader.read(frame);) {
      fuzz::require(frame.bytes.size() == expected, "frames are whole");
      bytes += expected;
    }
    fuzz::require(bytes <= size, "frames hold no more than the file");
  });
  return 0;
}
