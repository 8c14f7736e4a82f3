// OpenCV's cascades in XML; what is accepted must be safe to look for faces with.
#include "io/haar_cascade.h"
#include "tests/fuzz/harness.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace bauta;
  const fuzz::InputAsFile file(data, size);
  fuzz::accepts([&] {
    const HaarCascade cascade = HaarCascade::load(file.path());
    constexpr int kSide = 48;
    std::vector<std::uint8_t> grey(kSide * kSide);
    for (std::size_t i = 0; i < grey.size(); ++i) grey[i] = static_cast<std::uint8_t>(i * 37 % 251);
    HaarOptions options;
    options.min_size = 20;
    for (const Box& box : cascade.detect(grey, kSide, kSide, options))
      fuzz::require(intersection(box, {0, 0, kSide, kSide}) == box, "faces lie in the picture");
  });
  return 0;
}
