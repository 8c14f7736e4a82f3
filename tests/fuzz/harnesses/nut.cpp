// What ffmpeg sends us, should it ever send something else.
#include "io/video/nut.h"

#include <fcntl.h>

#include "tests/fuzz/harness.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace bauta;
  const fuzz::InputAsFile file(data, size);
  const Descriptor opened(::open(file.path().c_str(), O_RDONLY | O_CLOEXEC));
  fuzz::accepts([&] {
    NutReader reader(opened.number(), "input", PixelLayout::Yuv420);
    const VideoFormat& format = reader.format();
    fuzz::require(format.time_base.known(), "there is a time base");
    for (VideoFrame frame; reader.read(frame);) {
      fuzz::require(frame.time >= 0, "times are not negative");
      fuzz::require(frame.bytes.size() == planes_of(frame.layout, frame.width, frame.height).bytes,
                    "a frame is as large as its header says");
    }
  });
  return 0;
}
