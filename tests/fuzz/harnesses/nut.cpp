// Videos as they come from ffmpeg, in NUT: trusted no further than what it was made of.
#include "io/video/nut.h"

#include "tests/fuzz/harness.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace bauta;
  constexpr std::int64_t kMostPixels = 1 << 18;
  if (size < 1) return 0;
  const auto layout = static_cast<PixelLayout>(data[0] % 5);
  const fuzz::InputAsFile file(data + 1, size - 1);
  fuzz::accepts([&] {
    NutReader reader(file.from_start(), "input", layout);
    const VideoFormat& format = reader.format();
    fuzz::require(format.width > 0 && format.height > 0, "sides are positive");
    if (std::int64_t{format.width} * format.height > kMostPixels) return;
    const std::size_t expected = planes_of(layout, format.width, format.height).bytes;
    for (VideoFrame frame; reader.read(frame);)
      fuzz::require(frame.bytes.size() == expected, "frames are whole");
  });
  return 0;
}
