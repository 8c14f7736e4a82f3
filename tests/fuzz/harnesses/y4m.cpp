// Videos in y4m.
#include "io/video/y4m.h"

#include <fcntl.h>

#include "tests/fuzz/harness.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace bauta;
  const fuzz::InputAsFile file(data, size);
  const Descriptor opened(::open(file.path().c_str(), O_RDONLY | O_CLOEXEC));
  fuzz::accepts([&] {
    Y4mReader reader(opened.number(), "input");
    const VideoFormat& format = reader.format();
    fuzz::require(format.rate.known() && format.time_base.known(), "there is a rate");
    std::int64_t frames = 0;
    for (VideoFrame frame; reader.read(frame); ++frames) {
      fuzz::require(frame.time == frames, "times count frames");
      fuzz::require(frame.bytes.size() == planes_of(format.layout, format.width, format.height).bytes,
                    "a frame is as large as its header says");
      fuzz::require(frame.bytes.size() < size, "a frame is not larger than what was sent");
    }
    fuzz::require(frames > 0, "an accepted video has a frame");
  });
  return 0;
}
